-- KEYS: settled rules, rules in use.
-- ARGV: fingerprint, life in ms.
-- Answers 1 when it took effect, 0 when others are in use.
--- @include "others.lua"
if others > 0 then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1
