-- KEYS: lock.
-- ARGV: token, ms to live.
-- Answers 1, or 0 when that acquisition no longer holds the lock.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
