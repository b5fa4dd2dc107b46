-- For scripts that read a stream which is capped by MAXLEN: whether every entry after that position is still there.
--
-- An entry that is there proves it, because a cap takes the oldest away first. The position before the first entry
-- names none; nothing was ever taken away from a stream that is shorter than its cap, as a cap never leaves fewer.
-- `limit` is that cap, and has to stay what it is while the stream lives.
local function isWholeAfter(stream, position, limit)
  if position == '0-0' then return redis.call('XLEN', stream) < tonumber(limit) end
  return #redis.call('XRANGE', stream, position, position) == 1
end
