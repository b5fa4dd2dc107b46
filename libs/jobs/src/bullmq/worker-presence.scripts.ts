import { RedisScript } from '@app/platform';

/* A sorted set of worker ids by the time at which they count as gone. Redis's own clock, as hosts' clocks differ. */

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * KEYS workers, then lists. ARGV id, ms to live. Answers how long each of the lists is: what a worker has to know again and
 * again costs no command of its own.
 */
export const BEAT = new RedisScript(`${NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local lengths = {}
for i = 2, #KEYS do lengths[i - 1] = redis.call('LLEN', KEYS[i]) end
return lengths
`);

/** KEYS workers. Answers how many are alive. */
export const COUNT_ALIVE = new RedisScript(`${NOW}
return redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf')
`);
