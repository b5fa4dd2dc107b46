import { RedisScript } from '@app/redis';

/*
 * A sorted set of worker ids by the time at which they count as gone, and a hash of what each of them says of its queues, such
 * as {"sync":{"lastFetchAt":"2026-11-29T12:00:00.000Z","consuming":true}}. Redis's own clock, as hosts' clocks differ.
 */

/** @param workersKey of the sorted set */
export const fetchesKey = (workersKey: string): string => `${workersKey}:fetches`;

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * KEYS workers, fetches, then lists. ARGV id, ms to live, what it says of its queues. Answers how long each of the lists is:
 * what a worker has to know again and again costs no command of its own.
 */
export const BEAT = new RedisScript(`${NOW}
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('ZREM', KEYS[1], gone)
  redis.call('HDEL', KEYS[2], gone)
end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
local lengths = {}
for i = 3, #KEYS do lengths[i - 2] = redis.call('LLEN', KEYS[i]) end
return lengths
`);

/** KEYS workers, fetches. ARGV id. */
export const LEAVE = new RedisScript(`
redis.call('HDEL', KEYS[2], ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1])
`);

/**
 * KEYS workers, fetches. ARGV a queue or ''. Answers how many are alive, and take the jobs of that queue if there is one. One
 * that says nothing of the queue may be of another version, and counts.
 */
export const COUNT_ALIVE = new RedisScript(`${NOW}
if ARGV[1] == '' then return redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf') end
local alive = 0
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')) do
  local said = redis.call('HGET', KEYS[2], id)
  local queue = said and cjson.decode(said)[ARGV[1]]
  if not queue or queue.consuming then alive = alive + 1 end
end
return alive
`);
