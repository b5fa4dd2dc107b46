-- A page of what was set aside, the latest found first. An entry whose place is passed over is none of the page.
-- KEYS: hash of entries by id, sorted set of ids by when they were first seen.
-- ARGV: time in epoch milliseconds and id of the last one of the page before, both empty for the first page; limit.
-- Answers the number of all, 1 if there are more, then id, time and entry of each.
local entries, order = unpack(KEYS)
local time, id, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
local start = 0
if id ~= '' then
  -- Ids of one time stand in the order of their texts, backwards: those of the cursor's time are compared one by one.
  start = redis.call('ZCOUNT', order, '(' .. time, '+inf')
  for _, other in ipairs(redis.call('ZREVRANGEBYSCORE', order, time, time)) do
    if other >= id then start = start + 1 end
  end
end
local page = redis.call('ZREVRANGE', order, start, start + limit - 1, 'WITHSCORES')
local total = redis.call('ZCARD', order)
local answer = { total, start + limit < total and 1 or 0 }
for i = 1, #page, 2 do
  answer[#answer + 1] = page[i]
  answer[#answer + 1] = page[i + 1]
  answer[#answer + 1] = redis.call('HGET', entries, page[i]) or ''
end
return answer
