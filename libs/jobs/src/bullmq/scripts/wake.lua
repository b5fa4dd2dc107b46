-- Makes one of the workers that wait for a job ask for one.
-- KEYS: marker.
return redis.call('ZADD', KEYS[1], 0, '0')
