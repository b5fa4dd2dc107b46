-- Says of which cluster the mirror is.
-- KEYS: hash tag.
-- ARGV: name and token of the lock, identity of the cluster as JSON.
-- Answers 'written', or 'lost' when the acquisition does not hold the lock any more.
local base = KEYS[1]
--- @include "<redis>/holds-lock.lua"
if not holdsLock(ARGV[1], ARGV[2]) then return 'lost' end
redis.call('SET', base .. ':kubernetes:cluster', ARGV[3])
return 'written'
