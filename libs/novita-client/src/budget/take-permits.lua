-- One token bucket for all processes. Time is Redis's own, so that the clocks of the hosts do not matter. The key ends when
-- it would be full again: an absent bucket is a full one.
-- KEYS: the bucket.
-- ARGV: rate a second, burst, floor, wanted, pause in ms, wanted in advance.
-- Answers {granted, ms to wait, granted in advance}; nothing is granted in advance from a bucket less than half full.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local rate, burst, floor = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local wanted, pause, early = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'pausedUntil')
local at = tonumber(state[2]) or now
local tokens = math.min(burst, (tonumber(state[1]) or burst) + math.max(0, now - at) * rate / 1000)
local pausedUntil = math.max(tonumber(state[3]) or 0, pause > 0 and now + pause or 0)
local granted, wait, advance = 0, 0, 0
if pausedUntil > now then
  wait = pausedUntil - now
else
  granted = math.max(0, math.min(wanted, math.floor(tokens - floor)))
  tokens = tokens - granted
  if granted < wanted then wait = math.ceil((floor + 1 - tokens) * 1000 / rate) end
  advance = math.max(0, math.min(early, math.floor(tokens - burst / 2)))
  tokens = tokens - advance
end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now), 'pausedUntil', tostring(pausedUntil))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst * 1000 / rate) + math.max(0, pausedUntil - now) + 1000)
return {granted, wait, advance}
