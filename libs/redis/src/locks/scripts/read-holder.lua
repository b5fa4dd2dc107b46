-- KEYS: lock.
-- Answers {0} and who holds it, or nothing when nobody does.
--- @include "holder.lua"
if redis.call('EXISTS', KEYS[1]) == 0 then return nil end
return holder()
