import { SystemClock } from '@app/platform';
import { IoRedisConnections } from '@app/redis';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { BullMqJobQueue } from '../src/bullmq/bullmq-job-queue.js';
import { BullMqJobWorkers } from '../src/bullmq/bullmq-job-workers.js';
import { bullMqPrefix } from '../src/bullmq/bullmq-options.js';
import { BullMqQueues } from '../src/bullmq/bullmq-queues.js';
import { CoalescingQueue } from '../src/bullmq/coalescing-queue.js';
import { JobRunMetrics } from '../src/running/job-metrics.js';
import type { JobQueueHarness } from './conformance/bench.js';
import { TEST_SETTINGS } from './fixtures.js';

export interface BullMqHarness extends JobQueueHarness {
  readonly queue: BullMqJobQueue;
  readonly keyPrefix: string;
  readonly metrics: Registry;
  /** The connection of producers: fails fast. */
  readonly commands: Redis;
  /** BullMQ's own view of the queue, and ours, on a connection of the test's. */
  readonly raw: Queue;
  readonly coalescing: CoalescingQueue;
  readonly probe: Redis;
  readonly connections: IoRedisConnections;
}

let harnesses = 0;

/** A queue with keys of its own in the given Redis. */
export function openBullMq(url: string): BullMqHarness {
  harnesses += 1;
  const keyPrefix = `test-${process.pid}-${harnesses}`;
  const connections = new IoRedisConnections({ url, processName: 'test' });
  const { commands } = connections;
  const probe = connections.dedicated('probe');
  const queues = new BullMqQueues(commands, keyPrefix);
  const clock = new SystemClock();
  const raw = new Queue('lifecycle', { connection: probe, prefix: bullMqPrefix(keyPrefix) });
  raw.on('error', () => undefined);
  const metrics = new Registry();
  const runMetrics = new JobRunMetrics(metrics);
  return {
    queue: new BullMqJobQueue(queues, commands, clock),
    newWorkers: () => new BullMqJobWorkers(connections, { keyPrefix, settings: TEST_SETTINGS }, runMetrics, clock),
    keyPrefix,
    metrics,
    commands,
    raw,
    coalescing: new CoalescingQueue(raw, probe, clock),
    probe,
    connections,
    close: async () => {
      await Promise.all([queues.onApplicationShutdown(), raw.close()]);
      await connections.close();
    },
  };
}
