import { defineProblems, Problem, type Timestamp } from '@app/platform';
import type { BaseAdapter } from '@bull-board/api/baseAdapter';
import { Injectable, Logger } from '@nestjs/common';
import { RECONCILE_INSTANCE } from './catalogue.js';
import type { JobDeclaration, JobPayload, QueueName } from './job.js';

/** Thrown when the queue cannot be reached; the caller's deadline on the record is what saves the work. */
export class QueueUnavailableError extends Error {
  override readonly name = 'QueueUnavailableError';
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
   * that time if it was later, and never postponed.
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

  /**
   * Of the given coalescing keys, those under which a job waits, is delayed or runs. One round trip.
   *
   * @param by a job that is delayed beyond this does not count, as for what is due now: it was made for something later.
   *   Default: each counts
   */
  abstract pendingKeys(queue: QueueName, keys: readonly string[], by?: Timestamp | null): Promise<ReadonlySet<string>>;

  abstract counts(queue: QueueName): Promise<QueueCounts>;
}

/**
 * Asks the workers to look after records that are due. The deadline in the record is what counts; without a queue the
 * sweep finds it, only later, so a desired state that is written counts whatever happens here.
 */
@Injectable()
export class ReconcileRequests {
  private readonly logger = new Logger(ReconcileRequests.name);

  constructor(private readonly queue: JobQueue) {}

  /**
   * @param instanceIds our ids
   * @param options `urgent`: they are to end a bill
   */
  async now(instanceIds: readonly string[], options: { readonly urgent?: boolean } = {}): Promise<void> {
    if (instanceIds.length === 0) return;
    try {
      await this.queue.enqueueMany(
        RECONCILE_INSTANCE,
        instanceIds.map((instanceId) => ({ instanceId })),
        options,
      );
    } catch (error) {
      if (!(error instanceof QueueUnavailableError)) throw error;
      this.logger.warn('due without a job; the sweep will find it', { count: instanceIds.length, err: error });
    }
  }
}

/** Says whether there is anyone to run the jobs. */
export abstract class WorkerPresence {
  /**
   * Whether any worker process is alive, and takes the jobs of that queue where one is named.
   * @throws QueueUnavailableError when that cannot be known
   */
  abstract isAnyAlive(queue?: QueueName): Promise<boolean>;
}

/** Why work cannot be handed over, whichever feature has it. Each feature's family holds them too. */
export const jobProblems = defineProblems({
  'no-worker': {
    status: 503,
    title: 'No worker is running',
    description:
      'A sync, like a check for idle instances, is carried out by a worker process, and none has sent a heartbeat lately.',
    suggestion: 'Start a worker, then send the request again.',
    retryable: true,
  },
});

/** A worker that was just started has announced itself by then. */
const NO_WORKER_RETRY_SECONDS = 10;

/** @param work what a worker would carry out, such as `the sync` */
export function noWorker(work: string): Problem {
  return new Problem(jobProblems['no-worker'], {
    detail: `No worker process is alive to carry out ${work}.`,
    retryAfterSeconds: NO_WORKER_RETRY_SECONDS,
  });
}

/**
 * The queues as bull-board shows them, read-only: a job is a hint at a deadline of a record, and the sweep
 * makes anew what it finds missing. Moving or removing jobs by hand could repair nothing, and hides what went wrong.
 * Injected as `null` without Redis: then there are no queues to show.
 */
export abstract class BoardQueues {
  /** One for each queue. What they read fails soon when Redis is away. */
  abstract adapters(): Promise<readonly BaseAdapter[]>;
}

/**
 * An urgent job goes before others that became due up to so much earlier. Long enough for a queue of a thousand
 * creates under a small request budget, since a stop that waits behind them costs money all the while.
 */
export const URGENT_LEAD_MS = 3_600_000;

/**
 * The time by which due jobs are ordered. Since it grows with the due time, a job is passed only by urgent ones that
 * come within the lead, however many come later: no flood of stops starves the creates.
 */
export function rankMs(dueMs: number, urgent: boolean): number {
  return urgent ? dueMs : dueMs + URGENT_LEAD_MS;
}
