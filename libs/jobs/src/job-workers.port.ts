import type { JobHandlers } from './job-handlers.js';

/** Runs jobs in this process. */
export abstract class JobWorkers {
  /** Makes the handlers known before anything can be enqueued; runs nothing. */
  abstract attach(handlers: JobHandlers): void;

  /** Takes jobs from now on. Does not wait for a queue that is away. */
  abstract start(): Promise<void>;

  /**
   * Takes no more jobs, lets the running ones end, aborts those that do not, and gives their jobs back to the queue.
   * @param withinMs when it returns at the latest, whatever still runs
   */
  abstract drain(withinMs: number): Promise<void>;
}
