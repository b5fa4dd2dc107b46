import { SystemClock } from '@app/platform';
import { IoRedisConnections, type Sighting } from '@app/redis';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { BullMqJobQueue } from '../src/bullmq/bullmq-job-queue.js';
import {
  BullMqJobWorkers,
  type BullMqJobWorkersObservers,
  type WorkersPace,
} from '../src/bullmq/bullmq-job-workers.js';
import { bullMqPrefix } from '../src/bullmq/bullmq-layout.js';
import { BullMqQueues } from '../src/bullmq/bullmq-queues.js';
import { CoalescingQueue } from '../src/bullmq/coalescing-queue.js';
import { RECOVERY_STEPS } from '../src/bullmq/fetch-watch.js';
import { FetchMetrics, JobRunMetrics } from '../src/running/job-metrics.js';
import type { JobWorkers } from '../src/running/job-workers.port.js';
import type { JobQueueHarness } from './conformance/bench.js';
import { TEST_SETTINGS } from './fixtures.js';

export interface BullMqHarness extends JobQueueHarness {
  readonly queue: BullMqJobQueue;
  newWorkers(pace?: WorkersPace): JobWorkers;
  readonly keyPrefix: string;
  readonly metrics: Registry;
  /** The connection of producers: fails fast. */
  readonly commands: Redis;
  /** BullMQ's own view of the queue, and ours, on a connection of the test's. */
  readonly raw: Queue;
  readonly coalescing: CoalescingQueue;
  readonly probe: Redis;
  readonly connections: IoRedisConnections;
  /** The reasons for which a worker asked for the end of its process. */
  readonly ends: readonly string[];
  /** What a worker could not read. */
  readonly setAside: readonly Sighting[];
  readonly queues: BullMqQueues;
}

/** Fast enough to see what the watch on a worker does. */
const TEST_PACE: WorkersPace = { drainDelayMs: 400, heartbeat: { everyMs: 200, lifeMs: 16_000 } };

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
  const ends: string[] = [];
  const setAside: Sighting[] = [];
  const observers: BullMqJobWorkersObservers = {
    runs: new JobRunMetrics(metrics),
    fetches: new FetchMetrics(metrics, RECOVERY_STEPS),
    end: (reason) => ends.push(reason),
    unreadable: (sighting) => setAside.push(sighting),
  };
  return {
    queue: new BullMqJobQueue(queues, commands, clock),
    newWorkers: (pace = TEST_PACE) =>
      new BullMqJobWorkers(connections, { keyPrefix, settings: TEST_SETTINGS, pace }, observers, clock),
    keyPrefix,
    metrics,
    commands,
    raw,
    coalescing: new CoalescingQueue(raw, probe, clock),
    probe,
    connections,
    ends,
    setAside,
    queues,
    close: async () => {
      await Promise.all([queues.onApplicationShutdown(), raw.close()]);
      await connections.close();
    },
  };
}
