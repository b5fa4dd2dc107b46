-- KEYS: settled rules, rules in use.
-- ARGV: fingerprint, life in ms.
-- Answers {settled rules or '', count of others}.
--- @include "others.lua"
redis.call('ZADD', KEYS[2], now, ARGV[1])
if others > 0 then redis.call('DEL', KEYS[1]) end
return {redis.call('GET', KEYS[1]) or '', others}
