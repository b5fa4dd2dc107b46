-- KEYS: the samples, by the minute that they are of.
-- ARGV: beginning of the minute in epoch milliseconds, the sample, up to when samples are dropped, how many are kept
-- whatever the clocks of workers say.
-- Answers 1.
local minute, sample, droppedTo, kept = unpack(ARGV)
redis.call('ZREMRANGEBYSCORE', KEYS[1], minute, minute)
redis.call('ZADD', KEYS[1], minute, sample)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', droppedTo)
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -tonumber(kept) - 1)
return 1
