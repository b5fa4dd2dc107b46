-- How webhooks stand. KEYS: the hash tag of the fleet.
-- Answers {deliveries that wait, the id of the oldest of them or '', its document or '', position or '', then id and document of
-- each endpoint that is managed or global}.
--- @include "keys.lua"
local oldest = redis.call('ZRANGE', PENDING, 0, 0)[1]
return {
  redis.call('ZCARD', PENDING),
  oldest or '',
  oldest and redis.call('HGET', deliveryKey(oldest), 'doc') or '',
  redis.call('HGET', FAN_OUT, 'position') or '',
  unpack(redis.call('HGETALL', ENDPOINTS)),
}
