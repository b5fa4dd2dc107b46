-- Ends a delivery that waits, after keys.lua and queue.lua.
local function cancelDelivery(id, endpoint, ms)
  local known = redis.call('HGET', deliveryKey(id), 'line')
  if not known then
    redis.call('ZREM', PENDING, id)
    redis.call('ZREM', dueKey(endpoint), id)
    return
  end
  endWait(id, endpoint, known, ms)
  redis.call('HSET', deliveryKey(id), 'state', 'cancelled')
end
