-- KEYS: the hash tag of the fleet. ARGV: ids.
-- Answers version and latest use of each, both nil for one that is not there.
--- @include "keys.lua"
local answer = {}
for i = 1, #ARGV do
  local held = redis.call('HMGET', instanceKey(ARGV[i]), 'version', 'lastUsed')
  answer[2 * i - 1], answer[2 * i] = held[1], held[2]
end
return answer
