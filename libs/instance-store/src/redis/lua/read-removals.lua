-- KEYS: the hash tag of the fleet. ARGV: id of an entry of the feed, how many after it to examine.
-- Answers the id of the last one (empty when there is none), then the ids of the instances that are removed.
--- @include "keys.lua"
local entries = redis.call('XRANGE', base .. ':changes', '(' .. ARGV[1], '+', 'COUNT', ARGV[2])
local answer = {#entries > 0 and entries[#entries][1] or ''}
for _, entry in ipairs(entries) do
  local fields = entry[2]
  if fields[2] == 'instance.removed' then answer[#answer + 1] = fields[4] end
end
return answer
