-- What is due to one endpoint. KEYS: the hash tag of the fleet. ARGV: endpoint, now in epoch ms, how many.
-- Answers {document of the endpoint or '', its health or '', when the next is due that is not among them or '',
-- then for each delivery: id, document, when it was due, body}. A delivery without its body is cancelled: it could never be sent.
--- @include "keys.lua"
--- @include "queue.lua"
--- @include "cancel-delivery.lua"
local endpoint, now, limit = unpack(ARGV)
local reply = {endpointDoc(endpoint) or '', redis.call('HGET', HEALTH, endpoint) or '', ''}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', dueKey(endpoint), '-inf', '(' .. whole(now + 1), 'LIMIT', 0, limit)) do
  local delivery = redis.call('HMGET', deliveryKey(id), 'doc', 'event', 'next')
  local body = delivery[2] and redis.call('HGET', eventKey(delivery[2]), 'body')
  if body then
    table.insert(reply, id)
    table.insert(reply, delivery[1] or '')
    table.insert(reply, delivery[3] or '')
    table.insert(reply, body)
  else
    cancelDelivery(id, endpoint, now)
    reindex(endpoint)
  end
end
local place = (#reply - 3) / 4
local after = redis.call('ZRANGE', dueKey(endpoint), place, place, 'WITHSCORES')
if after[2] then reply[3] = whole(dueMs(after[2])) end
return reply
