import { FleetKeys } from '@app/redis';
import { Logger } from '@nestjs/common';
import type { JobsOptions, Queue, QueueOptions } from 'bullmq';
import bullMq from 'bullmq/package.json' with { type: 'json' };
import type { Redis } from 'ioredis';
import type { JobDeclaration, JobPayload } from '../catalogue/job.js';
import { rankMs } from '../catalogue/job-queue.port.js';

/*
 * All that we know of how BullMQ keeps its jobs in Redis, beyond what its API says. Our scripts in scripts/ rely on
 * these parts, read in the scripts of BullMQ 6.7:
 *
 * - the sorted sets `delayed` (score: due time in ms * 4096), `prioritized` (score: priority * 2^32 + a turn from the
 *   counter `pc`) and `repeat` (score: when a schedule runs next; its job is `repeat:<key>:<that time>`),
 * - the lists `wait`, `paused` and `active`: each job that is not finished stands in one of these five,
 * - the sorted set `marker`, for whose least member a worker waits: "0" wakes one at once, "1" at its score,
 * - the hash `meta`, whose field `paused` keeps workers from taking any job,
 * - `de:<key>`, the deduplication key: the id of the one live job of a coalescing key,
 * - `<id>:lock` of a job that somebody runs, and the hash `<id>` with the fields `timestamp`, `finishedOn`, `priority`
 *   (read when a delayed job becomes due and when an active one goes back) and `delay` (0 once the job may run).
 */
const KNOWN_VERSION = '6.7';

/**
 * Warns when this is not the BullMQ whose layout the scripts know. A warning and no error: the integration tests of
 * this lib are what proves a new version, and `KNOWN_VERSION` is raised with them.
 */
export function checkBullMqVersion(logger: Logger = new Logger('BullMQ')): void {
  if (isKnownBullMq(bullMq.version)) return;
  logger.warn('this version of BullMQ may keep its jobs otherwise than the scripts of this project know', {
    version: bullMq.version,
    known: KNOWN_VERSION,
  });
}

/** @param version such as `6.7.0` */
export const isKnownBullMq = (version: string): boolean => version.startsWith(`${KNOWN_VERSION}.`);

/**
 * The hash tag puts every key of every queue into one slot, which BullMQ's scripts need on a Redis Cluster.
 * @see https://docs.bullmq.io/bull/patterns/redis-cluster
 */
export const bullMqPrefix = (keyPrefix: string): string => new FleetKeys(keyPrefix).jobs;

/** Marks that this process takes jobs; see `WorkerPresence`. */
export const workersKey = (keyPrefix: string): string => new FleetKeys(keyPrefix).workers;

/** BullMQ writes every step of every job to a stream that we do not read; kept short, as operators may. */
const EVENTS_KEPT = 1_000;

/** Names a job for people, and for `JobQuarantine`. */
export const whereIsJob = (queue: string, jobId: string): string => `${queue}:${jobId}`;

/** How any process opens a queue. */
export const queueOptions = (redis: Redis, keyPrefix: string): QueueOptions => ({
  connection: redis,
  prefix: bullMqPrefix(keyPrefix),
  streams: { events: { maxLen: EVENTS_KEPT } },
});

/** The part of a queue that scripts work on. */
type QueuePart = 'wait' | 'paused' | 'active' | 'delayed' | 'prioritized' | 'repeat' | 'marker' | 'meta';

/** The keys of these parts of a queue, in the order in which they are named. */
export const keysOf = (queue: Queue, ...parts: readonly QueuePart[]): readonly string[] =>
  parts.map((part) => queue.toKey(part));

/** A job as it is kept in Redis; its attempts go with it, for a process that does not declare it. */
export interface StoredJob {
  readonly name: string;
  readonly data: JobPayload;
  readonly attempts: number;
  /** Absent where jobs are taken by age alone. */
  readonly urgent?: boolean;
}

export const storedJob = (job: JobDeclaration, data: JobPayload, urgent = false): StoredJob => ({
  name: job.name,
  data: { ...data },
  attempts: job.attempts,
  ...(job.ranked === true ? { urgent } : {}),
});

/** No name of BullMQ's own, so that the worker asks our strategy. */
const BACKOFF_TYPE = 'full-jitter';

export const jobOptions = (attempts: number): JobsOptions => ({
  attempts,
  backoff: { type: BACKOFF_TYPE },
  stackTraceLimit: 5,
});

/** BullMQ's priorities are whole numbers up to here; a lower one goes first, 0 before all. */
const MAX_PRIORITY = 2 ** 21;

/**
 * The order of `rankMs` in BullMQ's numbers: the minute of the rank, and within it the order of arrival. The numbers
 * begin anew every four years; what waits at that minute is passed by what comes later until the queue is empty once.
 */
export function bullMqPriority(dueMs: number, urgent: boolean): number {
  return 1 + (Math.floor(rankMs(dueMs, urgent) / 60_000) % (MAX_PRIORITY - 1));
}
