-- KEYS: workers, fetches.
-- ARGV: name of a queue, or ''.
-- Answers how many workers are alive, and take the jobs of that queue where one is named. One that says nothing of the queue may
-- be of another version, and counts.
--- @include "now.lua"
if ARGV[1] == '' then return redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf') end
local alive = 0
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')) do
  local said = redis.call('HGET', KEYS[2], id)
  local queue = said and cjson.decode(said)[ARGV[1]]
  if not queue or queue.consuming then alive = alive + 1 end
end
return alive
