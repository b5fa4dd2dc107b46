-- Reads the meters. KEYS: the hash tag of the fleet. ARGV: days.
-- Answers the counters (name and value in turn), the two sums of each day, until when all is accrued, what was saved on all
-- days together.
--- @include "keys.lua"
local saved = tonumber(redis.call('GET', base .. ':saved:before') or 0)
for _, amount in ipairs(redis.call('HVALS', base .. ':saved:total')) do saved = saved + tonumber(amount) end
return {
  redis.call('HGETALL', base .. ':rates'),
  redis.call('HMGET', base .. ':spend:total', unpack(ARGV)),
  redis.call('HMGET', base .. ':saved:total', unpack(ARGV)),
  redis.call('GET', base .. ':spend:booked'),
  string.format('%.0f', saved),
}
