-- KEYS: the hash tag of the fleet. ARGV: time in epoch milliseconds, then kinds of deadlines.
-- Answers 1 for each kind of which one is due by then, else 0.
local flags = {}
for i = 2, #ARGV do
  flags[i - 1] = #redis.call('ZRANGE', KEYS[1] .. ':due:' .. ARGV[i], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, 1)
end
return flags
