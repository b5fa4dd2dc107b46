-- KEYS: the request.
-- ARGV: fingerprint, token, milliseconds in flight.
-- Answers {} when the claim is made, else {fingerprint, answer or ''} of the one that stands. One with the same token is this
-- very claim: ioredis sends a command again after a broken connection.
local fingerprint, token, life = unpack(ARGV)
local held = redis.call('HMGET', KEYS[1], 'fingerprint', 'answer', 'token')
if held[3] == token then return {} end
if held[1] then return {held[1], held[2] or ''} end
redis.call('HSET', KEYS[1], 'fingerprint', fingerprint, 'token', token)
redis.call('PEXPIRE', KEYS[1], life)
return {}
