-- A page of what was set aside, the latest found first. The order is bounded, so it is read as a whole; entries are not.
-- KEYS: hash of entries by id, hash of their texts, sorted set of ids by when they were first seen.
-- ARGV: how ids of the page begin; time in epoch milliseconds and id of the last one of the page before, both empty for the
-- first page; limit.
-- Answers the number of all, 1 if there are more, then id, time, entry and text of each.
local entries, texts, order = unpack(KEYS)
local beginning, time, id, limit = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local ids = redis.call('ZREVRANGE', order, 0, -1, 'WITHSCORES')
local answer, total, found = { 0, 0 }, 0, 0
for i = 1, #ids, 2 do
  if string.sub(ids[i], 1, #beginning) == beginning then
    total = total + 1
    local score = tonumber(ids[i + 1])
    -- Ids of one time stand in the order of their texts, backwards.
    if not time or score < time or (score == time and ids[i] < id) then
      found = found + 1
      if found <= limit then
        answer[#answer + 1] = ids[i]
        answer[#answer + 1] = ids[i + 1]
        answer[#answer + 1] = redis.call('HGET', entries, ids[i]) or ''
        answer[#answer + 1] = redis.call('HGET', texts, ids[i]) or ''
      end
    end
  end
end
answer[1] = total
answer[2] = found > limit and 1 or 0
return answer
