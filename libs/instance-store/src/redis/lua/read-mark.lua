-- KEYS: the hash tag of the fleet. ARGV: ids.
-- Answers the id of the feed's latest entry (or `0-0`), the incarnation (or empty), then the latest use of each, as epoch
-- milliseconds.
--- @include "keys.lua"
local last = redis.call('XREVRANGE', base .. ':changes', '+', '-', 'COUNT', 1)[1]
local answer = {last and last[1] or '0-0', redis.call('GET', base .. ':incarnation') or ''}
for i = 1, #ARGV do
  answer[i + 2] = redis.call('HGET', instanceKey(ARGV[i]), 'lastUsed')
end
return answer
