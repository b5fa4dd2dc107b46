-- Keeps how long start-ups took, unless another worker has read on in the feed meanwhile.
-- KEYS: times by product and image, products and images by their latest start-up, the bookmark.
-- ARGV: the bookmark that was read (empty for none), the new one, how many times are kept of each
-- product and image, how many products and images; then of each start-up: product and image, key, seconds, when it was
-- ready in epoch milliseconds.
-- Answers 1, or 0 when nothing was kept.
local from, to, mostTimes, mostThings = unpack(ARGV, 1, 4)
if (redis.call('GET', KEYS[3]) or '') ~= from then return 0 end
redis.call('SET', KEYS[3], to)
for i = 5, #ARGV, 4 do
  local thing, key, seconds, at = unpack(ARGV, i, i + 3)
  local times = {}
  local isKnown = false
  for time in string.gmatch(redis.call('HGET', KEYS[1], thing) or '', '%S+') do
    times[#times + 1] = time
    isKnown = isKnown or string.sub(time, 1, #key + 1) == key .. '='
  end
  if not isKnown then
    times[#times + 1] = key .. '=' .. seconds
    redis.call('HSET', KEYS[1], thing, table.concat(times, ' ', math.max(1, #times - mostTimes + 1)))
    redis.call('ZADD', KEYS[2], at, thing)
  end
end
local surplus = redis.call('ZCARD', KEYS[2]) - mostThings
if surplus > 0 then
  for _, thing in ipairs(redis.call('ZRANGE', KEYS[2], 0, surplus - 1)) do redis.call('HDEL', KEYS[1], thing) end
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, surplus - 1)
end
return 1
