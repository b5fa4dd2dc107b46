-- Reads records by our ids. KEYS: the hash tag of the fleet. ARGV: ids.
-- Answers four values for each: version, latest use (epoch milliseconds), document, index entry; all nil for a missing one.
--- @include "keys.lua"
local answer = {}
for i = 1, #ARGV do
  local held = redis.call('HMGET', instanceKey(ARGV[i]), 'version', 'lastUsed', 'doc', 'index')
  local n = 4 * (i - 1)
  answer[n + 1], answer[n + 2], answer[n + 3], answer[n + 4] = held[1], held[2], held[3], held[4]
end
return answer
