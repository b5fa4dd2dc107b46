-- Removes the oldest deliveries. KEYS: the hash tag of the fleet.
-- ARGV: time before which they go, how many are kept at most, how many go in one step, now; times in epoch ms.
-- Answers {how many were removed, how many of them had not ended}.
--- @include "keys.lua"
--- @include "queue.lua"
--- @include "forget-endpoint.lua"
local before, kept, limit, now = unpack(ARGV)
local tooMany = redis.call('ZCARD', LOG) - kept
local removed, lost = 0, 0
local touched = {}
local oldest = redis.call('ZRANGE', LOG, 0, limit - 1, 'WITHSCORES')
for i = 1, #oldest, 2 do
  local id = oldest[i]
  if tonumber(oldest[i + 1]) >= before * 1000 and removed >= tooMany then break end
  removed = removed + 1
  redis.call('ZREM', LOG, id)
  local delivery = redis.call('HMGET', deliveryKey(id), 'endpoint', 'event', 'line', 'state')
  if delivery[1] then
    if delivery[4] == 'pending' then
      lost = lost + 1
      endWait(id, delivery[1], delivery[3], now)
      touched[delivery[1]] = true
    end
    redis.call('ZREM', logKey(delivery[1]), id)
    if redis.call('HINCRBY', eventKey(delivery[2]), 'held', -1) <= 0 then redis.call('DEL', eventKey(delivery[2])) end
    redis.call('DEL', deliveryKey(id))
  end
end
for endpoint in pairs(touched) do reindex(endpoint) end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', USED, '-inf', '(' .. before, 'LIMIT', 0, limit)) do forgetEndpoint(id) end
return {removed, lost}
