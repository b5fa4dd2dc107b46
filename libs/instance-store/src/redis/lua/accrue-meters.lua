-- Accrues the meters of one kind that are furthest behind, up to a time. KEYS: the hash tag of the fleet.
-- ARGV: kind of meter, that time in epoch milliseconds, how many.
-- Answers how many were behind. A meter that its record does not name is taken out.
--- @include "keys.lua"
--- @include "meters.lua"
local meter, now, limit = ARGV[1], ARGV[2], ARGV[3]
local key = base .. ':meter:' .. meter
local behind = redis.call('ZRANGE', key, '-inf', '(' .. now, 'BYSCORE', 'LIMIT', 0, limit, 'WITHSCORES')
local accrual, accrued, lost = newAccrual(), {}, {}
for i = 1, #behind, 2 do
  local id = behind[i]
  local index = redis.call('HGET', instanceKey(id), 'index')
  local entry = index and cjson.decode(index)
  if entry and entry.meter == meter then
    accruePiece(accrual, id, entry, tonumber(behind[i + 1]), tonumber(now))
    accrued[#accrued + 1], accrued[#accrued + 2] = now, id
  else
    lost[#lost + 1] = id
  end
end
closeAccrual(accrual)
if #accrued > 0 then redis.call('ZADD', key, unpack(accrued)) end
if #lost > 0 then redis.call('ZREM', key, unpack(lost)) end
return #behind / 2
