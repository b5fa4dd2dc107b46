import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { QueueName } from '../queues.js';
import { queueOptions } from './bullmq-options.js';

/** BullMQ's handle on each queue, for producers. Opened at first use. */
export class BullMqQueues implements OnApplicationShutdown {
  private readonly logger = new Logger(BullMqQueues.name);
  private readonly open = new Map<QueueName, Queue>();

  /** @param redis stays the caller's to close */
  constructor(
    private readonly redis: Redis,
    private readonly keyPrefix: string,
  ) {}

  get(name: QueueName): Queue {
    const known = this.open.get(name);
    if (known !== undefined) return known;
    const queue = new Queue(name, {
      ...queueOptions(this.redis, this.keyPrefix),
      // Otherwise an enqueue would wait for Redis instead of failing,
      skipWaitingForReady: true,
      // and a Redis that goes away during this check would leave the queue unusable for good.
      skipVersionCheck: true,
    });
    // Every queue repeats the errors of the shared connection, whose owner logs them.
    queue.on('error', (error) => this.logger.debug('queue connection error', { queue: name, err: error }));
    this.open.set(name, queue);
    return queue;
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.open.values()].map((queue) => queue.close()));
  }
}
