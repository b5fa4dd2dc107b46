-- For scripts whose KEYS[2] is the stream of events. Each event names the one before it. Events after a
-- given one have been trimmed away if, and only if, the one before the oldest kept comes after it.
local function fieldsOf(entry)
  local fields = {}
  for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
  return fields
end

local function newest()
  return redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
end

-- The cap is approximate (whole nodes of the stream), which costs nothing.
local function announce(before, limit, type, at, run, paused)
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', limit, '*',
    'type', type, 'at', at, 'run', run, 'paused', paused, 'before', before and before[1] or '0-0')
end
