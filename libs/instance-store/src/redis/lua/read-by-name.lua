-- Reads the records of exactly one name. KEYS: the hash tag of the fleet. ARGV: name, limit.
-- Answers id, version, latest use, document and index entry of each.
--- @include "keys.lua"
local answer, n = {}, 0
local from = ARGV[1] .. '\0'
local members = redis.call('ZRANGE', base .. ':by-name:all', '[' .. from, '(' .. from .. '\255', 'BYLEX', 'LIMIT', 0, ARGV[2])
for _, member in ipairs(members) do
  local id = string.sub(member, -30)
  local held = redis.call('HMGET', instanceKey(id), 'version', 'lastUsed', 'doc', 'index')
  if held[1] then
    answer[n + 1], answer[n + 2], answer[n + 3], answer[n + 4], answer[n + 5] = id, held[1], held[2], held[3], held[4]
    n = n + 5
  end
end
return answer
