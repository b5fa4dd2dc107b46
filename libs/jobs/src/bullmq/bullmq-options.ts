import { FleetKeys } from '@app/redis';
import type { QueueOptions } from 'bullmq';
import type { Redis } from 'ioredis';

/**
 * The hash tag puts every key of every queue into one slot, which BullMQ's scripts need on a Redis Cluster.
 * @see https://docs.bullmq.io/bull/patterns/redis-cluster
 */
export const bullMqPrefix = (keyPrefix: string): string => new FleetKeys(keyPrefix).jobs;

/** Marks that this process takes jobs; see `WorkerPresence`. */
export const workersKey = (keyPrefix: string): string => new FleetKeys(keyPrefix).workers;

/** BullMQ writes every step of every job to a stream that we do not read; kept short, as operators may. */
const EVENTS_KEPT = 1_000;

/** How any process opens a queue. */
export const queueOptions = (redis: Redis, keyPrefix: string): QueueOptions => ({
  connection: redis,
  prefix: bullMqPrefix(keyPrefix),
  streams: { events: { maxLen: EVENTS_KEPT } },
});
