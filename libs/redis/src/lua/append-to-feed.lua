-- Appends an entry to the change feed of the records, after `base` is defined as the hash tag that all keys share. `limit` is
-- the cap of the feed, which is approximate.
--
-- While there are endpoints of webhooks, what their fan-out has not read stays, up to twenty times that cap: then the
-- oldest goes all the same, since a feed without end would fill Redis, and the fan-out finds that it has lost entries.
local function appendToFeed(limit, ...)
  local feed = base .. ':changes'
  local fanOut = redis.call('HMGET', base .. ':webhooks:fan-out', 'position', 'holds')
  if not fanOut[1] or fanOut[2] ~= '1' then
    return redis.call('XADD', feed, 'MAXLEN', '~', limit, '*', ...)
  end
  local id = redis.call('XADD', feed, 'MAXLEN', '~', limit * 20, '*', ...)
  -- Takes away at most the hundred by which the feed is longer than its cap.
  if redis.call('XLEN', feed) > limit + 100 then
    redis.call('XTRIM', feed, 'MINID', '~', fanOut[1], 'LIMIT', 100)
  end
  return id
end
