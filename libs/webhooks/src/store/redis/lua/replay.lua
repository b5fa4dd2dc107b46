-- Makes deliveries that send others again. KEYS: the hash tag of the fleet.
-- ARGV: now in epoch ms, endpoint, whether it is ordered (1 or 0), whether one is made although an earlier replay has
-- arrived or waits (1 or 0), then for each: the original, the new one, its document.
-- Answers for each 1; 0 when the original, or the body of its event, is not kept any more; 2 when an earlier replay has
-- arrived or waits. One that is there stays.
--- @include "keys.lua"
--- @include "queue.lua"
local now, endpoint, ordered, repeats = unpack(ARGV, 1, 4)
local reply = {}
for i = 5, #ARGV, 3 do
  local original, id, doc = unpack(ARGV, i, i + 2)
  local event = redis.call('HGET', deliveryKey(original), 'event')
  local replay = cjson.decode(doc)
  local first = deliveryKey(replay.replayOf)
  local earlier = redis.call('HGET', first, 'replay')
  local became = earlier and redis.call('HGET', deliveryKey(earlier), 'state')
  if repeats ~= '1' and (became == 'pending' or became == 'delivered') then
    table.insert(reply, 2)
  elseif not event or redis.call('HEXISTS', eventKey(event), 'body') == 0 then
    table.insert(reply, 0)
  else
    local line = (ordered == '1' and replay.instanceId ~= cjson.null) and replay.instanceId or ''
    if redis.call('EXISTS', deliveryKey(id)) == 0 then addDelivery(id, endpoint, event, line, doc, now, now) end
    if became ~= 'delivered' and redis.call('EXISTS', first) == 1 then redis.call('HSET', first, 'replay', id) end
    table.insert(reply, 1)
  end
end
reindex(endpoint)
return reply
