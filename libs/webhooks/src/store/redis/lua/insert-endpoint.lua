-- Adds an endpoint that is managed, or the global one. KEYS: the hash tag of the fleet.
-- ARGV: id, document, how many there may be. Answers 1, or 0 when there are as many already.
--- @include "keys.lua"
local id, doc, most = unpack(ARGV)
if redis.call('HLEN', ENDPOINTS) >= tonumber(most) and redis.call('HEXISTS', ENDPOINTS, id) == 0 then return 0 end
redis.call('HSET', ENDPOINTS, id, doc)
redis.call('HSET', FAN_OUT, 'holds', 1)
return 1
