-- Reads endpoints. KEYS: the hash tag of the fleet.
-- ARGV: `configured`; `latest` and how many of those of instances; or `ids` and ids.
-- Answers for each that there is its id, its document, and its health or ''.
--- @include "keys.lua"
local ids
if ARGV[1] == 'configured' then
  ids = redis.call('HKEYS', ENDPOINTS)
elseif ARGV[1] == 'latest' then
  ids = redis.call('ZREVRANGE', USED, 0, ARGV[2] - 1)
else
  ids = {unpack(ARGV, 2)}
end
local reply = {}
for _, id in ipairs(ids) do
  local doc = endpointDoc(id)
  if doc then
    table.insert(reply, id)
    table.insert(reply, doc)
    table.insert(reply, redis.call('HGET', HEALTH, id) or '')
  end
end
return reply
