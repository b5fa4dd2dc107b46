-- Notes what was set aside, in one list for the fleet; the oldest entries over the limit are dropped.
-- KEYS: hash of entries by id, hash of their texts, sorted set of ids by when they were first seen.
-- ARGV: limit, then id, where, reason, text, first and last time in epoch milliseconds and times seen, of each.
-- Answers how many were dropped, then the ids of those that were not there yet.
local entries, texts, order = unpack(KEYS)
local answer = { 0 }
for i = 2, #ARGV, 7 do
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
local surplus = redis.call('ZCARD', order) - tonumber(ARGV[1])
if surplus > 0 then
  local oldest = redis.call('ZRANGE', order, 0, surplus - 1)
  redis.call('HDEL', entries, unpack(oldest))
  redis.call('HDEL', texts, unpack(oldest))
  redis.call('ZREM', order, unpack(oldest))
  answer[1] = #oldest
end
return answer
