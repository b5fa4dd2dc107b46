-- KEYS: the hash tag of the fleet. ARGV: the rest of the stream's key.
-- Answers the id of its latest entry, or `0-0`.
local last = redis.call('XREVRANGE', KEYS[1] .. ARGV[1], '+', '-', 'COUNT', 1)[1]
return last and last[1] or '0-0'
