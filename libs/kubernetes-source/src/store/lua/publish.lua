-- Shows how fresh kinds are, and that the worker which follows the cluster lives.
-- KEYS: hash tag.
-- ARGV: name and token of the lock, number of the latest write, cap of the feed, all of it as one JSON object, then kind and JSON of each in turn.
-- Answers the number of the write, or as number-of-write.lua why nothing was written.
local base = KEYS[1]
--- @include "number-of-write.lua"
local number, refusal = numberOfWrite(ARGV[1], ARGV[2], ARGV[3])
if not number then return refusal end
for i = 6, #ARGV, 2 do
  redis.call('HSET', base .. ':kubernetes:freshness', ARGV[i], ARGV[i + 1])
end
redis.call('XADD', base .. ':kubernetes:feed', 'MAXLEN', '~', ARGV[4], '*', 'type', 'freshness', 'data', ARGV[5])
return number
