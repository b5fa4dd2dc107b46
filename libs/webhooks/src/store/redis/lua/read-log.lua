-- Reads a part of the log of deliveries. KEYS: the hash tag of the fleet.
-- ARGV: the log (`log`, `pending`, or `log:` and an endpoint), from and to which place, how many, `up` or `down`.
-- Places as Redis takes them: `(5` leaves out 5.
-- Answers for each its place, id, document, state, when its next attempt is due or ''.
--- @include "keys.lua"
local log, from, to, limit, direction = unpack(ARGV)
local command = direction == 'up' and 'ZRANGEBYSCORE' or 'ZREVRANGEBYSCORE'
local reply = {}
local found = redis.call(command, hooks .. log, from, to, 'WITHSCORES', 'LIMIT', 0, limit)
for i = 1, #found, 2 do
  local delivery = redis.call('HMGET', deliveryKey(found[i]), 'doc', 'state', 'next')
  if delivery[1] then
    table.insert(reply, found[i + 1])
    table.insert(reply, found[i])
    for _, part in ipairs(delivery) do table.insert(reply, part or '') end
  end
end
return reply
