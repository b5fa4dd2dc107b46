-- Whether something is announced now: not when it was announced under the same key in the last 48 hours.
local function tellOnce(key, at)
  return redis.call('SET', base .. ':told:' .. key, at, 'NX', 'EX', 172800)
end
