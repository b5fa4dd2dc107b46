-- Records a check of the bill. KEYS: the hash. ARGV: the oldest day that is kept, then field and value in turn.
local fields = {}
for i = 2, #ARGV do fields[i - 1] = ARGV[i] end
redis.call('HSET', KEYS[1], unpack(fields))
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  local day = tonumber(field)
  if day and day < tonumber(ARGV[1]) then redis.call('HDEL', KEYS[1], field) end
end
