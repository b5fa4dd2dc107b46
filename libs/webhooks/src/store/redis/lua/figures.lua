-- How webhooks stand. KEYS: the hash tag of the fleet.
-- Answers {deliveries that wait, the oldest of them as a document or '', position or '', then all documents of endpoints
-- that are managed or global}.
--- @include "keys.lua"
local oldest = redis.call('ZRANGE', PENDING, 0, 0)[1]
return {
  redis.call('ZCARD', PENDING),
  oldest and redis.call('HGET', deliveryKey(oldest), 'doc') or '',
  redis.call('HGET', FAN_OUT, 'position') or '',
  unpack(redis.call('HVALS', ENDPOINTS)),
}
