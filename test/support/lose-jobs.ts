import { Redis } from 'ioredis';
import { until } from './until.js';

/** How many entries were on the lists. */
export interface LostJobs {
  readonly delayed: number;
  readonly schedules: number;
}

const PREFIX = '{novita-fleet}:jobs:';

/**
 * Deletes the lists of delayed jobs and of schedules of every queue, as somebody might who tidies up by hand. What the
 * jobs hold stays behind, which looks more alive than it is.
 *
 * @param leastDelayed waits until so many are delayed: one that is being carried out stands on no list
 */
export async function loseJobs(redisUrl: string, leastDelayed: number): Promise<LostJobs> {
  const redis = new Redis(redisUrl);
  try {
    await until(`${leastDelayed} jobs are delayed`, async () => {
      const lists = await redis.keys(`${PREFIX}*:delayed`);
      const counts = await Promise.all(lists.map((key) => redis.zcard(key)));
      return counts.reduce((sum, count) => sum + count, 0) >= leastDelayed;
    });
    const keys = await redis.keys(`${PREFIX}*`);
    const lose = async (end: string): Promise<number> => {
      const lists = keys.filter((key) => key.endsWith(end));
      const counts = await Promise.all(lists.map((key) => redis.zcard(key)));
      await redis.del(...lists);
      return counts.reduce((sum, count) => sum + count, 0);
    };
    return { delayed: await lose(':delayed'), schedules: await lose(':repeat') };
  } finally {
    redis.disconnect();
  }
}
