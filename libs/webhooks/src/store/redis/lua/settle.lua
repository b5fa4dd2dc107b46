-- Writes what came of one attempt. KEYS: the hash tag of the fleet.
-- ARGV: delivery, attempts that it had, its document, its state, when the next attempt is due or '', now in epoch ms,
-- endpoint, its health as it was or '', as it is now or '', until when nothing is sent to it or '', the delivery that it
-- sends again or '', the address that was sent to.
-- Answers 1; 0 when another has settled this attempt, or the delivery has ended; -1 when the health is another one.
--- @include "keys.lua"
--- @include "queue.lua"
local id, made, doc, state, nextMs, now, endpoint, before, after, untilMs, first, url = unpack(ARGV)
local known = redis.call('HMGET', deliveryKey(id), 'state', 'made', 'line')
if known[1] ~= 'pending' or known[2] ~= made then return 0 end
local endpointNow = before ~= after and endpointDoc(endpoint)
-- What an address has answered says nothing about one that the endpoint has since.
if endpointNow and cjson.decode(endpointNow).url == url then
  if (redis.call('HGET', HEALTH, endpoint) or '') ~= before then return -1 end
  if after == '' then redis.call('HDEL', HEALTH, endpoint) else redis.call('HSET', HEALTH, endpoint, after) end
  if redis.call('HGET', GATES, endpoint) ~= 'closed' then
    if untilMs == '' then redis.call('HDEL', GATES, endpoint) else redis.call('HSET', GATES, endpoint, untilMs) end
  end
end
redis.call('HSET', deliveryKey(id), 'doc', doc, 'state', state, 'made', made + 1)
if first ~= '' and state == 'delivered' and redis.call('EXISTS', deliveryKey(first)) == 1 then
  redis.call('HSET', deliveryKey(first), 'replay', id)
end
if state == 'pending' then setDue(id, endpoint, nextMs) else endWait(id, endpoint, known[3], now) end
reindex(endpoint)
return 1
