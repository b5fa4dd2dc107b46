import { onTestFinished } from 'vitest';
import type { Fleet } from './fleet.js';

/** Ends the fleet's Redis as a crash would. It is there again when the test ends, also for one that fails before it starts it. */
export async function killRedis({ redis }: Fleet): Promise<void> {
  onTestFinished(async () => {
    if (!redis.isRunning) await redis.start();
  });
  await redis.kill();
}
