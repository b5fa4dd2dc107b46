-- KEYS: the request.
-- ARGV: token, answer, milliseconds to keep it.
-- Answers 1, or 0 when the claim lapsed.
local token, answer, life = unpack(ARGV)
if redis.call('HGET', KEYS[1], 'token') ~= token then return 0 end
redis.call('HSET', KEYS[1], 'answer', answer)
redis.call('PEXPIRE', KEYS[1], life)
return 1
