-- Takes a worker that ends out of those that are alive.
-- KEYS: workers, fetches.
-- ARGV: id.
redis.call('HDEL', KEYS[2], ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1])
