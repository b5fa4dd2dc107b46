-- KEYS: hash tag.
-- ARGV: name of the lock.
-- Answers the id of the latest entry of the feed, 1 when somebody holds the lock, the kinds that wait for `reloaded`, the
-- freshness of each kind (kind and JSON in turn), the identity of the cluster as JSON, empty when it is not known, and the
-- number of the latest write.
local base = KEYS[1]
local last = redis.call('XREVRANGE', base .. ':kubernetes:feed', '+', '-', 'COUNT', 1)[1]
return {
  last and last[1] or '0-0',
  redis.call('EXISTS', base .. ':lock:' .. ARGV[1]),
  redis.call('SMEMBERS', base .. ':kubernetes:reloads'),
  redis.call('HGETALL', base .. ':kubernetes:freshness'),
  redis.call('GET', base .. ':kubernetes:cluster') or '',
  tonumber(redis.call('GET', base .. ':kubernetes:writes') or '0'),
}
