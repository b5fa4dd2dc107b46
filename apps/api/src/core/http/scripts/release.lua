-- KEYS: the request.
-- ARGV: token.
-- Answers 1, or 0 when the claim lapsed.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
