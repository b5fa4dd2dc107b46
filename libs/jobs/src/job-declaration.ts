import type { QueueName } from './queues.js';

/** Payloads hold ids and plain words only; the state is read again when the job runs. */
export type JobPayload = { readonly [key: string]: string | number | boolean };

export interface JobBackoff {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/** All there is to know about a kind of job, in one place. */
export interface JobDeclaration<Name extends string = string, Payload extends JobPayload = JobPayload> {
  readonly name: Name;
  readonly queue: QueueName;
  /** A class-validator class; a payload that does not fit is refused when enqueued and again when taken. */
  readonly payload: new () => Payload;
  /** Runs in all, the first included, before the job counts as failed. */
  readonly attempts: number;
  /** Exponential with full jitter. */
  readonly backoff: JobBackoff;
  /** Whether some of these jobs are urgent: then those that are due are taken by rank and not by age alone. */
  readonly ranked?: boolean;
  /** A run longer than this is aborted and counts as a fault. */
  readonly timeoutMs: number;
  /**
   * Jobs of one key are one job: while one waits, another only brings it forward; while one runs, another runs once
   * after it. Jobs of different names in one queue may share keys.
   */
  coalescingKey(payload: Payload): string;
}

export interface JobContext {
  /** Aborted at the time limit and when the process drains; the run should end soon, its work is not lost. */
  readonly signal: AbortSignal;
  readonly jobId: string;
  /** 1 for the first run. */
  readonly attempt: number;
}

/** Asks to run the same job again later without counting it as a fault. */
export interface RunAgain {
  readonly runAgainInMs: number;
  /** See `EnqueueOptions`. */
  readonly urgent?: boolean;
}

export interface JobHandler<Payload extends JobPayload> {
  /** Throws to be retried by the declaration's back-off. */
  handle(payload: Payload, context: JobContext): Promise<RunAgain | void>;
}
