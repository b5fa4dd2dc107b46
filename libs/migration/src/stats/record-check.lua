-- KEYS: the statistics.
-- ARGV: the check, then pairs of a count and what is added to it.
-- Answers 1.
redis.call('HSET', KEYS[1], 'last', ARGV[1])
for i = 2, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
end
return 1
