-- Says that a worker is alive, drops those that are gone, and measures lists along the way: what a worker has to know again and
-- again costs no command of its own.
-- KEYS: workers (ids by the time in ms at which they count as gone), fetches (what each says of its queues), then lists.
-- ARGV: id, ms to live, what it says of its queues as JSON, such as {"sync":{"lastFetchAt":"2026-11-29T12:00:00.000Z","consuming":true}}.
-- Answers the length of each list.
--- @include "now.lua"
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('ZREM', KEYS[1], gone)
  redis.call('HDEL', KEYS[2], gone)
end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
local lengths = {}
for i = 3, #KEYS do lengths[i - 2] = redis.call('LLEN', KEYS[i]) end
return lengths
