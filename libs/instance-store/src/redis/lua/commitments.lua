-- What the instances of an owner commit it to: id, value, and when its lifetime ends it in epoch milliseconds (or empty), in turn. A
-- release that does not know the hash removes a record and leaves its entry behind, since an entry is written in one step with
-- the record: such a one is dropped.
local function commitmentsAt(key)
  local held, live = redis.call('HGETALL', key), {}
  for i = 1, #held, 2 do
    local id = held[i]
    if redis.call('HEXISTS', instanceKey(id), 'version') == 1 then
      live[#live + 1], live[#live + 2] = id, held[i + 1]
      live[#live + 1] = redis.call('ZSCORE', base .. ':due:lifetimeEndsAt', id) or ''
    else
      redis.call('HDEL', key, id)
    end
  end
  return live
end

-- What a rate comes to in the rest of a day, as `costInDay` in src/plan/commitment.ts: an end that is over counts like none.
local function costUntil(rate, ends, from, till)
  local stop = tonumber(ends)
  if not stop or stop <= from or stop > till then stop = till end
  return rate * math.max(0, stop - from) / 3600000
end
