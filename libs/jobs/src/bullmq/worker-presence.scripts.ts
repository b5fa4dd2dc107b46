import { RedisScript } from '@app/redis';

/* A sorted set of worker ids by the time at which they count as gone. Redis's own clock, as hosts' clocks differ. */

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** KEYS workers. ARGV id, ms to live. */
export const BEAT = new RedisScript(`${NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`);

/** KEYS workers. Answers how many are alive. */
export const COUNT_ALIVE = new RedisScript(`${NOW}
return redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf')
`);
