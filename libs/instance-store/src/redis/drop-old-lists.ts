import { RedisScript } from '@app/redis';
import type { Redis } from 'ioredis';
import { INSTANCE_STATUSES } from '../instance-status.js';
import { storeKey } from '../keys.js';
import { orStoreError, StoreScripts } from './store-error.js';

const DROP_OLD_LISTS = RedisScript.fromFile(new URL('./lua/drop-old-lists.lua', import.meta.url));

/**
 * Removes what the version before kept for its lists: sorted sets by status, region and group, each by time and by name.
 * Those of all records are kept: they are the index and the look-up by name of this version too. So records that a process
 * of the version before writes meanwhile, in a rolling update, are found here like all others.
 *
 * Costs one command when there is nothing to do. May be cut off, and run by several processes: whoever looks next goes on.
 *
 * @throws StoreUnavailableError
 */
export async function dropOldLists(redis: Redis, hashTag: string): Promise<void> {
  const underWay = `${hashTag}:${storeKey.oldLists}`;
  // A record that is in any of them is in one by its status.
  const byStatus = INSTANCE_STATUSES.map((status) => `${hashTag}:by-created:status:${status}`);
  if ((await orStoreError(redis.exists(underWay, ...byStatus))) === 0) return;
  await orStoreError(redis.set(underWay, '1'));
  const scripts = new StoreScripts(redis, hashTag);
  const pattern = `${hashTag.replace(/[*?[\]\\^]/g, '\\$&')}:by-*`;
  let cursor = '0';
  do {
    cursor = (await scripts.run(DROP_OLD_LISTS, [pattern, cursor])) as string;
  } while (cursor !== '0');
  await orStoreError(redis.del(underWay));
}
