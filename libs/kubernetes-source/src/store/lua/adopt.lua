-- Says of which cluster the mirror is.
-- KEYS: hash tag.
-- ARGV: name and token of the lock, number of the latest write, identity of the cluster as JSON.
-- Answers the number of the write, or as number-of-write.lua why nothing was written.
local base = KEYS[1]
--- @include "number-of-write.lua"
local number, refusal = numberOfWrite(ARGV[1], ARGV[2], ARGV[3])
if not number then return refusal end
redis.call('SET', base .. ':kubernetes:cluster', ARGV[4])
return number
