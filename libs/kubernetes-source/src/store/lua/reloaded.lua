-- Has every follower read a kind anew.
-- KEYS: hash tag.
-- ARGV: name and token of the lock, number of the latest write, kind, cap of the feed.
-- Answers the number of the write, or as number-of-write.lua why nothing was written.
local base = KEYS[1]
--- @include "number-of-write.lua"
local number, refusal = numberOfWrite(ARGV[1], ARGV[2], ARGV[3])
if not number then return refusal end
redis.call('XADD', base .. ':kubernetes:feed', 'MAXLEN', '~', ARGV[5], '*', 'type', 'reloaded', 'kind', ARGV[4])
redis.call('SREM', base .. ':kubernetes:reloads', ARGV[4])
return number
