-- Reads records through a look-up table. KEYS: the hash tag of the fleet. ARGV: table, then what to look up.
-- Answers id, version, latest use, document and index entry of each that is found.
--- @include "keys.lua"
local answer, n = {}, 0
for _, id in ipairs(redis.call('HMGET', base .. ':' .. ARGV[1], unpack(ARGV, 2))) do
  local held = id and redis.call('HMGET', instanceKey(id), 'version', 'lastUsed', 'doc', 'index')
  if held and held[1] then
    answer[n + 1], answer[n + 2], answer[n + 3], answer[n + 4], answer[n + 5] = id, held[1], held[2], held[3], held[4]
    n = n + 5
  end
end
return answer
