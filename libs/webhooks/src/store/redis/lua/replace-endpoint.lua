-- Replaces an endpoint of one revision. KEYS: the hash tag of the fleet.
-- ARGV: id, revision that it had, document, gate ('closed', the time until which nothing is sent to it, or ''), health or '' for none; then, to emit an event with it:
-- cap of the feed, type, time, data as JSON.
-- Answers 1; 0 when there is none; -1 when it has another revision.
--- @include "keys.lua"
--- @include "queue.lua"
--- @include "<redis>/emit-fleet-event.lua"
local id, revision, doc, gate, health, cap, type, at, data = unpack(ARGV)
local known = endpointDoc(id)
if not known then return 0 end
if cjson.decode(known).revision ~= tonumber(revision) then return -1 end
redis.call('HSET', redis.call('HEXISTS', ENDPOINTS, id) == 1 and ENDPOINTS or OF_INSTANCES, id, doc)
if gate == '' then redis.call('HDEL', GATES, id) else redis.call('HSET', GATES, id, gate) end
if health == '' then redis.call('HDEL', HEALTH, id) end
reindex(id)
if cap then emitFleetEvent(tonumber(cap), type, at, data) end
return 1
