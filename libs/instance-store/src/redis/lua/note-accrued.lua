-- Notes that all meters are accrued until a time, and forgets sums of long ago. KEYS: the hash tag of the fleet.
-- ARGV: that time in epoch milliseconds, the first day that is kept. Answers `noted`.
--- @include "keys.lua"
local key = base .. ':spend:booked'
local before = redis.call('GET', key)
if not before or tonumber(before) < tonumber(ARGV[1]) then redis.call('SET', key, ARGV[1]) end
for _, total in ipairs({':spend:total', ':saved:total'}) do
  for _, day in ipairs(redis.call('HKEYS', base .. total)) do
    if tonumber(day) < tonumber(ARGV[2]) then
      if total == ':saved:total' then redis.call('INCRBY', base .. ':saved:before', redis.call('HGET', base .. total, day)) end
      redis.call('HDEL', base .. total, day)
    end
  end
end
return 'noted'
