-- Cancels deliveries that wait for an endpoint. KEYS: the hash tag of the fleet. ARGV: endpoint, now in epoch ms, how many,
-- which ones; the longest due where none is named.
-- Answers how many were cancelled.
--- @include "keys.lua"
--- @include "queue.lua"
--- @include "cancel-delivery.lua"
local endpoint, now, limit = unpack(ARGV)
local ids = #ARGV > 3 and {unpack(ARGV, 4)} or redis.call('ZRANGE', dueKey(endpoint), 0, limit - 1)
for _, id in ipairs(ids) do cancelDelivery(id, endpoint, now) end
reindex(endpoint)
return #ids
