import type { BaseAdapter } from '@bull-board/api/baseAdapter';
import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { QUEUE_NAMES, type QueueName } from '../catalogue/job.js';
import { BoardQueues } from '../catalogue/job-queue.port.js';
import { queueOptions } from './bullmq-layout.js';

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

  /** Name and payload of a job as they are stored, null for what is not there: BullMQ would throw for a payload that is no JSON. */
  async stored(name: QueueName, jobId: string): Promise<readonly (string | null)[]> {
    return this.redis.hmget(this.get(name).toKey(jobId), 'name', 'data');
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.open.values()].map((queue) => queue.close()));
  }
}

/** Total: a queue that nobody has described does not compile. */
const DESCRIPTIONS: Readonly<Record<QueueName, string>> = {
  lifecycle: 'Brings instances to their desired state: one job for each that has something to come',
  sync: 'Makes our records equal to what Novita says',
  'auto-stop': 'Stops what is idle, and accrues what the fleet costs',
  webhooks: 'Sends events to webhook endpoints: one job for each endpoint that has something due',
};

/** The queues of BullMQ, as bull-board's own adapters see them. */
export class BullMqBoardQueues extends BoardQueues {
  constructor(private readonly queues: BullMqQueues) {
    super();
  }

  override async adapters(): Promise<readonly BaseAdapter[]> {
    // Loaded only where there is a board: workers have none.
    const { BullMQAdapter } = await import('@bull-board/api/bullMQAdapter');
    return QUEUE_NAMES.map(
      (name) =>
        new BullMQAdapter(this.queues.get(name), {
          readOnlyMode: true,
          allowRetries: false,
          description: DESCRIPTIONS[name],
        }),
    );
  }
}
