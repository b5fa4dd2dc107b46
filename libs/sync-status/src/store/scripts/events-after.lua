-- KEYS: hash tag, events.
-- ARGV: milliseconds and count of an event's id, how many to answer.
-- Answers 0 when events after that one are gone, else 1 followed by those that there are.
--- @include "events.lua"
local ms, n, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local function isPast(id)
  local idMs, idN = string.match(id, '^(%d+)-(%d+)$')
  idMs, idN = tonumber(idMs), tonumber(idN)
  return idMs > ms or (idMs == ms and idN > n)
end
local last = newest()
if not last then return (ms == 0 and n == 0) and {1} or {0} end
-- An id from before Redis lost its data: what came after it is gone with it.
if not isPast(last[1]) and last[1] ~= ARGV[1] .. '-' .. ARGV[2] then return {0} end
local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
if isPast(fieldsOf(oldest).before) then return {0} end
return {1, redis.call('XRANGE', KEYS[2], '(' .. ARGV[1] .. '-' .. ARGV[2], '+', 'COUNT', limit)}
