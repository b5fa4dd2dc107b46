-- Emits an event of the fleet on the change feed, unless one was emitted under the same key lately. KEYS: the hash tag of
-- the fleet. ARGV: key of the event, feed limit, type, time, data as JSON. Answers 1 if it was emitted, else 0.
--- @include "keys.lua"
--- @include "feed.lua"
--- @include "<redis>/emit-fleet-event.lua"
local key, feedLimit, type, at, data = unpack(ARGV)
if not claimEvent(key, at) then return 0 end
emitFleetEvent(feedLimit, type, at, data)
return 1
