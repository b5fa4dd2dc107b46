-- For scripts whose KEYS[2] are the rules in use by the time of their latest report: `now`, and how many `others` than the
-- fingerprint ARGV[1] were reported within the last ARGV[2] ms.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[2])
local others = redis.call('ZCARD', KEYS[2])
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then others = others - 1 end
