-- Puts an event of the fleet on the change feed unless that was done under the same key lately. KEYS: the hash tag of the
-- fleet. ARGV: key of the event, feed limit, type, time, data as JSON. Answers 1 or 0: put there or not.
--- @include "keys.lua"
--- @include "told.lua"
local key, feedLimit, type, at, data = unpack(ARGV)
if not tellOnce(key, at) then return 0 end
redis.call('XADD', base .. ':changes', 'MAXLEN', '~', feedLimit, '*', 'type', type, 'at', at, 'data', data)
return 1
