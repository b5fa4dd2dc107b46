-- Forgets an endpoint, after keys.lua. What waits for it is cancelled by the sweep, which finds no endpoint.
local function forgetEndpoint(id)
  redis.call('HDEL', ENDPOINTS, id)
  redis.call('HDEL', OF_INSTANCES, id)
  redis.call('ZREM', USED, id)
  redis.call('HDEL', HEALTH, id)
  redis.call('HDEL', GATES, id)
  local first = redis.call('ZRANGE', dueKey(id), 0, 0, 'WITHSCORES')
  if first[2] then redis.call('ZADD', DUE, whole(math.floor(tonumber(first[2]))), id) end
end
