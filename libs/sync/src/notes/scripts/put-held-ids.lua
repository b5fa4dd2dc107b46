-- KEYS: hash tag, held ids.
-- ARGV: lock, token, the ids as JSON (empty to clear them).
-- Answers 1, or 0 when the lock is lost.
local base = KEYS[1]
--- @include "<redis>/holds-lock.lua"
local lock, token, ids = unpack(ARGV)
if not holdsLock(lock, token) then return 0 end
if ids == '' then redis.call('DEL', KEYS[2]) else redis.call('SET', KEYS[2], ids) end
return 1
