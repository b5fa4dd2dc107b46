-- What the instances of an owner commit it to: id and value in turn. A release that does not know the hash removes a record and
-- leaves its entry behind, since an entry is written in one step with the record: such a one is dropped.
local function commitmentsAt(key)
  local held, live = redis.call('HGETALL', key), {}
  for i = 1, #held, 2 do
    if redis.call('HEXISTS', instanceKey(held[i]), 'version') == 1 then
      live[#live + 1], live[#live + 2] = held[i], held[i + 1]
    else
      redis.call('HDEL', key, held[i])
    end
  end
  return live
end
