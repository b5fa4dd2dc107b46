-- KEYS: hash tag.
-- ARGV: name and token of the lock.
-- Answers 'written', or 'lost' when the acquisition does not hold the lock any more.
local base = KEYS[1]
--- @include "<redis>/holds-lock.lua"
if not holdsLock(ARGV[1], ARGV[2]) then return 'lost' end
redis.call('INCR', base .. ':written')
return 'written'
