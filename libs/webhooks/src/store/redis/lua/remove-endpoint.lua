-- Removes an endpoint of one revision. KEYS: the hash tag of the fleet. ARGV: id, revision.
-- Answers 1, or 0 when there is none of that revision.
--- @include "keys.lua"
--- @include "forget-endpoint.lua"
local known = endpointDoc(ARGV[1])
if not known or cjson.decode(known).revision ~= tonumber(ARGV[2]) then return 0 end
forgetEndpoint(ARGV[1])
return 1
