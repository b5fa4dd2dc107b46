-- Notes what was set aside, in one list for the fleet. Over the limit, the entries whose kind has the lowest rank are dropped, and
-- of one rank the oldest.
-- KEYS: hash of entries by id, hash of their texts, sorted set of ids by when they were first seen.
-- ARGV: limit, JSON object of ranks (0 to 2) by kind, then id, where, reason, text, first and last time in epoch milliseconds and times seen, of each.
-- Answers how many were dropped, then the ids of those that were not there yet.
local entries, texts, order = unpack(KEYS)
local answer = { 0 }
for i = 3, #ARGV, 7 do
  local id, where, reason, text, first, last, times = unpack(ARGV, i, i + 6)
  local held = redis.call('HGET', entries, id)
  local isEntry, entry = false, nil
  if held then isEntry, entry = pcall(cjson.decode, held) end
  if isEntry and type(entry) == 'table' and tonumber(entry.first) and tonumber(entry.last) and tonumber(entry.times) then
    entry.reason = reason
    entry.last = math.max(entry.last, tonumber(last))
    entry.times = entry.times + tonumber(times)
  else
    answer[#answer + 1] = id
    entry = { where = where, reason = reason, first = tonumber(first), last = tonumber(last), times = tonumber(times) }
  end
  redis.call('HSET', entries, id, cjson.encode(entry))
  redis.call('HSET', texts, id, text)
  redis.call('ZADD', order, string.format('%d', entry.first), id)
end
local excess = redis.call('ZCARD', order) - tonumber(ARGV[1])
if excess > 0 then
  local ranks, byRank, dropped = cjson.decode(ARGV[2]), { {}, {}, {} }, {}
  for _, id in ipairs(redis.call('ZRANGE', order, 0, -1)) do
    -- An id begins with its kind; one that only another release knows stands between.
    local rank = ranks[string.match(id, '^([a-z-]+)%.') or ''] or 1
    table.insert(byRank[rank + 1], id)
  end
  for _, ids in ipairs(byRank) do
    for _, id in ipairs(ids) do
      if #dropped < excess then dropped[#dropped + 1] = id end
    end
  end
  redis.call('HDEL', entries, unpack(dropped))
  redis.call('HDEL', texts, unpack(dropped))
  redis.call('ZREM', order, unpack(dropped))
  answer[1] = #dropped
end
return answer
