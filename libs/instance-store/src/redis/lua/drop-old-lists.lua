-- Removes the lists by status, region and group that the version before kept, one piece of the keyspace at a time.
-- KEYS: the hash tag of the fleet. ARGV: pattern of its lists, where to go on (`0` for the first piece).
-- Answers where to go on; `0` after the last piece. Whatever runs beside it, or was cut off, does no harm.
--- @include "keys.lua"
local kept = {[base .. ':by-created:all'] = true, [base .. ':by-name:all'] = true}
local piece = redis.call('SCAN', ARGV[2], 'MATCH', ARGV[1], 'COUNT', 1000)
for _, key in ipairs(piece[2]) do
  if not kept[key] and redis.call('TYPE', key).ok == 'zset' then redis.call('UNLINK', key) end
end
return piece[1]
