-- Has every follower read a kind anew.
-- KEYS: hash tag.
-- ARGV: name and token of the lock, kind, cap of the feed.
-- Answers 'written', or 'lost' when the acquisition does not hold the lock any more.
local base = KEYS[1]
--- @include "<redis>/holds-lock.lua"
if not holdsLock(ARGV[1], ARGV[2]) then return 'lost' end
redis.call('XADD', base .. ':kubernetes:feed', 'MAXLEN', '~', ARGV[4], '*', 'type', 'reloaded', 'kind', ARGV[3])
redis.call('SREM', base .. ':kubernetes:reloads', ARGV[3])
return 'written'
