-- Shows how fresh kinds are, and that the worker which follows the cluster lives.
-- KEYS: hash tag.
-- ARGV: name and token of the lock, cap of the feed, all of it as one JSON object, then kind and JSON of each in turn.
-- Answers 'written', or 'lost' when the acquisition does not hold the lock any more.
local base = KEYS[1]
--- @include "<redis>/holds-lock.lua"
if not holdsLock(ARGV[1], ARGV[2]) then return 'lost' end
for i = 5, #ARGV, 2 do
  redis.call('HSET', base .. ':kubernetes:freshness', ARGV[i], ARGV[i + 1])
end
redis.call('XADD', base .. ':kubernetes:feed', 'MAXLEN', '~', ARGV[3], '*', 'type', 'freshness', 'data', ARGV[4])
return 'written'
