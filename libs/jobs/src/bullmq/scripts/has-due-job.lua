-- KEYS: wait, prioritized, delayed, meta.
-- ARGV: now in ms.
-- Answers 1 when a worker that asks now gets a job, else 0. The cost does not grow with the number of jobs.
if redis.call('HEXISTS', KEYS[4], 'paused') == 1 then return 0 end
if redis.call('LLEN', KEYS[1]) > 0 or redis.call('ZCARD', KEYS[2]) > 0 then return 1 end
local first = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
if first[2] and tonumber(first[2]) / 4096 <= tonumber(ARGV[1]) then return 1 end
return 0
