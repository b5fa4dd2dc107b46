-- Gives empty options to jobs that are active although their options, their progress or their parent are no JSON.
-- KEYS: active.
-- ARGV: prefix of the queue's keys.
-- Answers for each its id and its options as they were.
local function isJson(text)
  return not text or text == '' or (pcall(cjson.decode, text))
end
local answer = {}
for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, 999)) do
  local job = ARGV[1] .. id
  local held = redis.call('HMGET', job, 'opts', 'progress', 'parent')
  if not (isJson(held[1]) and isJson(held[2]) and isJson(held[3])) then
    redis.call('HSET', job, 'opts', isJson(held[1]) and held[1] or '{}')
    redis.call('HDEL', job, 'progress', 'parent')
    answer[#answer + 1] = id
    answer[#answer + 1] = held[1] or ''
  end
end
return answer
