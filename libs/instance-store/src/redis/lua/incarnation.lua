-- KEYS: the hash tag of the fleet. ARGV: a new incarnation, which counts if the store has none.
-- Answers the one that counts.
--- @include "keys.lua"
local key = base .. ':incarnation'
redis.call('SET', key, ARGV[1], 'NX')
return redis.call('GET', key)
