-- Makes deliveries that send others again. KEYS: the hash tag of the fleet.
-- ARGV: now in epoch ms, endpoint, whether it is ordered (1 or 0), then for each: the original, the new one, its document.
-- Answers for each 1; 0 when the original, or the body of its event, is not kept any more. One that is there stays.
--- @include "keys.lua"
--- @include "queue.lua"
local now, endpoint, ordered = unpack(ARGV, 1, 3)
local reply = {}
for i = 4, #ARGV, 3 do
  local original, id, doc = unpack(ARGV, i, i + 2)
  local event = redis.call('HGET', deliveryKey(original), 'event')
  if not event or redis.call('HEXISTS', eventKey(event), 'body') == 0 then
    table.insert(reply, 0)
  else
    local instance = cjson.decode(doc).instanceId
    local line = (ordered == '1' and instance ~= cjson.null) and instance or ''
    if redis.call('EXISTS', deliveryKey(id)) == 0 then addDelivery(id, endpoint, event, line, doc, now, now) end
    table.insert(reply, 1)
  end
end
reindex(endpoint)
return reply
