import type { Redis } from 'ioredis';
import type { QueueName } from '../queues.js';
import { WorkerPresence } from '../worker-presence.port.js';
import { failFast } from './fail-fast.js';
import { COUNT_ALIVE, fetchesKey } from './worker-presence.scripts.js';

/** Knows from the heartbeats of all worker processes whether any is alive. */
export class RedisWorkerPresence extends WorkerPresence {
  constructor(
    private readonly redis: Redis,
    private readonly key: string,
  ) {
    super();
  }

  override async isAnyAlive(queue?: QueueName): Promise<boolean> {
    const alive = await failFast(COUNT_ALIVE.run(this.redis, [this.key, fetchesKey(this.key)], [queue ?? '']));
    return Number(alive) > 0;
  }
}
