import type { Timestamp } from '@app/platform';
import type { JobDeclaration, JobPayload } from './job-declaration.js';

/** Thrown when the queue cannot be reached; the caller's deadline on the record is what saves the work. */
export class QueueUnavailableError extends Error {
  override readonly name = 'QueueUnavailableError';
}

/** Thrown at the caller for a payload that does not fit its declaration. */
export class InvalidJobPayloadError extends Error {
  override readonly name = 'InvalidJobPayloadError';
}

export interface QueueCounts {
  readonly waiting: number;
  readonly delayed: number;
  readonly active: number;
  readonly failed: number;
}

export interface EnqueueOptions {
  /**
   * Taken before jobs that became due up to `URGENT_LEAD_MS` earlier, and not before older ones, so that these are not
   * starved. Only declarations that are `ranked` heed it. A job that waits under the same key becomes urgent.
   */
  readonly urgent?: boolean;
}

/** Where work is handed to the workers. */
export abstract class JobQueue {
  /**
   * Makes a job due in `delayMs` (default: now). One that waits under the same coalescing key is brought forward to
   * that time if it was later, and never put off.
   * @throws QueueUnavailableError InvalidJobPayloadError
   */
  abstract enqueue<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payload: Payload,
    options?: EnqueueOptions & { readonly delayMs?: number },
  ): Promise<void>;

  /** Several of one kind in one round trip (or a fixed number of them). */
  abstract enqueueMany<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payloads: readonly Payload[],
    options?: EnqueueOptions,
  ): Promise<void>;

  /**
   * Runs the job now and then every `everyMs`, once per period however many processes ask. Asking again takes over the
   * payload and repairs a schedule that would not run any more, but keeps the time of its next run; with another period
   * that comes at the latest one such period from now. The coming period is not pending under the job's key until it is
   * due.
   * @throws QueueUnavailableError InvalidJobPayloadError
   */
  abstract schedule<Payload extends JobPayload>(
    key: string,
    job: JobDeclaration<string, Payload>,
    payload: Payload,
    everyMs: number,
  ): Promise<void>;

  /**
   * When the schedule of that key runs next.
   * @returns null when there is no such schedule, or nothing that would act on it
   * @throws QueueUnavailableError
   */
  abstract nextRunOf(key: string, job: JobDeclaration): Promise<Timestamp | null>;

  abstract unschedule(key: string, job: JobDeclaration): Promise<void>;

  /** Of the given coalescing keys, those under which a job waits, is delayed or runs. One round trip. */
  abstract pendingKeys(queue: JobDeclaration['queue'], keys: readonly string[]): Promise<ReadonlySet<string>>;

  abstract counts(queue: JobDeclaration['queue']): Promise<QueueCounts>;
}
