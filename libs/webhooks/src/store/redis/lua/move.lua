-- Goes on at another position of the feed. KEYS: the hash tag of the fleet. ARGV: name and token of the lock, position.
-- Answers 1, or -1 when the lock is not held.
--- @include "keys.lua"
--- @include "<redis>/holds-lock.lua"
local name, token, position = unpack(ARGV)
if not holdsLock(name, token) then return -1 end
redis.call('HSET', FAN_OUT, 'position', position)
return 1
