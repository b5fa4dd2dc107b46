import type { QueueName } from './queues.js';

/** How the jobs of one queue are worked on. Times in ms. */
export interface QueueSettings {
  /** Runs at a time in one worker process. */
  readonly concurrency: number;
  /** A worker that has not renewed the lock of its job for so long counts as dead. Renewed at half of it. */
  readonly lockDurationMs: number;
  /**
   * How often, at most, jobs whose lock has lapsed are looked for and given to another worker. It is done with the
   * heartbeats of the workers, every 5 s, so this is a little less: one that came a moment early would do nothing.
   */
  readonly stalledIntervalMs: number;
  /** Deaths of its worker that one job may see; one more and it counts as failed, as it may be their cause. */
  readonly maxStalledCount: number;
  /** Ended jobs kept for operators to look at. Waiting ones are never trimmed. */
  readonly keepCompleted: number;
  readonly keepFailed: number;
  /** How long a run may take to end after its signal is aborted, before it is left to itself. */
  readonly abortGraceMs: number;
}

/** Total: a queue without a line here does not compile. */
export const QUEUE_SETTINGS: Readonly<Record<QueueName, Required<QueueSettings>>> = {
  lifecycle: {
    // A run waits for Novita nearly all of its time, and the client has a rate limit of its own.
    concurrency: 20,
    // BullMQ's 30 s each would leave the instances of a killed worker alone for a minute; these, for 13 s at worst.
    // No run blocks the event loop for seconds, so a live worker renews its locks in time.
    lockDurationMs: 8_000,
    stalledIntervalMs: 4_500,
    // Higher than BullMQ's 1: a rolling restart of every node of a cluster kills workers, not jobs.
    maxStalledCount: 5,
    // Reconciles are many and their result is in the record; failures are few and worth reading.
    keepCompleted: 200,
    keepFailed: 1_000,
    abortGraceMs: 2_000,
  },
  sync: {
    // One run at a time in the whole fleet, by its lock; a job that finds the lock taken ends at once and says so.
    // A run of a killed worker holds that lock for longer than its job needs to be found stalled.
    concurrency: 4,
    lockDurationMs: 8_000,
    stalledIntervalMs: 4_500,
    maxStalledCount: 5,
    keepCompleted: 100,
    keepFailed: 100,
    abortGraceMs: 5_000,
  },
  'auto-stop': {
    // One check and one accrual per period in the whole fleet; a second one would find nothing left to do.
    concurrency: 2,
    lockDurationMs: 8_000,
    stalledIntervalMs: 4_500,
    maxStalledCount: 5,
    keepCompleted: 100,
    keepFailed: 100,
    abortGraceMs: 5_000,
  },
};
