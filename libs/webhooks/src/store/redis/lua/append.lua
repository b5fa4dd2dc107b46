-- Turns entries of the feed into deliveries. KEYS: the hash tag of the fleet.
-- ARGV: name and token of the lock, what is to be written as JSON:
--   {from, position, atMs, mostOfInstances, known: [[instance, document or '']], ofInstances: [[id, document]],
--    events: [{id, body, deliveries: [{id, endpoint, line, doc, ms}]}]}
-- Answers 1; 0 when the position is another one; -1 when the lock is not held.
--- @include "keys.lua"
--- @include "queue.lua"
--- @include "forget-endpoint.lua"
--- @include "<redis>/holds-lock.lua"
local name, token, json = unpack(ARGV)
if not holdsLock(name, token) then return -1 end
local batch = cjson.decode(json)
if redis.call('HGET', FAN_OUT, 'position') ~= batch.from then return 0 end
for _, pair in ipairs(batch.known) do
  if pair[2] == '' then
    redis.call('HDEL', INSTANCES, pair[1])
  else
    redis.call('HSET', INSTANCES, pair[1], pair[2])
  end
end
for _, pair in ipairs(batch.ofInstances) do
  redis.call('HSETNX', OF_INSTANCES, pair[1], pair[2])
  redis.call('ZADD', USED, batch.atMs, pair[1])
end
for _, id in ipairs(redis.call('ZRANGE', USED, 0, -batch.mostOfInstances - 1)) do forgetEndpoint(id) end
local touched = {}
for _, event in ipairs(batch.events) do
  redis.call('HSET', eventKey(event.id), 'body', event.body)
  for _, delivery in ipairs(event.deliveries) do
    if redis.call('EXISTS', deliveryKey(delivery.id)) == 0 then
      addDelivery(delivery.id, delivery.endpoint, event.id, delivery.line, delivery.doc, delivery.ms, batch.atMs)
      touched[delivery.endpoint] = true
    end
  end
end
for endpoint in pairs(touched) do reindex(endpoint) end
local holds = redis.call('HLEN', ENDPOINTS) + redis.call('ZCARD', USED) > 0
redis.call('HSET', FAN_OUT, 'position', batch.position, 'holds', holds and 1 or 0)
return 1
