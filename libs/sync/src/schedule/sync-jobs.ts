/**
 * The jobs of the sync: what a job carries, why it is skipped, what becomes of it while another run holds the lock, and
 * when the next one comes.
 */
import { createHash } from 'node:crypto';
import { JobQueue, SPEND_ACCRUAL, SYNC_FLEET, type SyncPayload, type SyncTrigger } from '@app/jobs';
import { Clock, msFromTimestamp, type Timestamp, timestampFromMs, ULID_ALPHABET } from '@app/platform';
import type { LockHolder } from '@app/redis';
import type { SyncSnapshot } from '@app/sync-status';
import { Injectable, Logger } from '@nestjs/common';
import { RunOptions } from '../model/run-options.js';
import { runOfPurpose, SYNC_KINDS, type SyncKind, type SyncOrder, type SyncResult } from '../model/sync-run.js';

/** The schedule of the automatic runs, within the queue. */
export const SCHEDULE_KEY = 'sync';

const ULID_LENGTH = 26;

/** A job's payload; a member that is left out is as in an automatic run of everything. */
export function payloadOf(
  order: Partial<SyncOrder> & Pick<SyncOrder, 'trigger'> & { unlessRunSince?: number },
): SyncPayload {
  const { resources = SYNC_KINDS } = order;
  return {
    runId: order.runId ?? '',
    trigger: order.trigger,
    requestedBy: order.requestedBy ?? 'sync',
    forceSync: order.forceSync ?? false,
    handleObsoleteInstances: order.handleObsoleteInstances ?? true,
    dryRun: order.dryRun ?? false,
    resources: isAll(resources) ? '' : resources.join(','),
    unlessRunSince: order.unlessRunSince ?? 0,
    retry: order.retry ?? 0,
  };
}

/**
 * The order that a job carries. A run without an id gets one that follows from the id of its job, so that a worker which takes the
 * job over from a dead one recognises the run as its own.
 */
export function orderOf(payload: SyncPayload, jobId: string): SyncOrder {
  const { runId, trigger, requestedBy, forceSync, handleObsoleteInstances, dryRun, retry } = payload;
  return {
    runId: runId === '' ? runIdOfJob(jobId) : runId,
    trigger,
    requestedBy,
    forceSync,
    handleObsoleteInstances,
    dryRun,
    retry,
    resources: kindsOf(payload.resources),
  };
}

/**
 * An id of the form of a ULID, always the same for the same job. The time part of this ULID means nothing; it begins with
 * 0, so that it is a valid time.
 */
export function runIdOfJob(jobId: string): string {
  const digest = createHash('sha256').update(jobId).digest();
  const characters = [...digest.subarray(0, ULID_LENGTH - 1)].map((byte) => ULID_ALPHABET[byte % ULID_ALPHABET.length]);
  return `0${characters.join('')}`;
}

/** A kind that only a newer process knows is left to that process. */
function kindsOf(text: string): readonly SyncKind[] {
  if (text === '') return SYNC_KINDS;
  const wanted = new Set(text.split(','));
  return SYNC_KINDS.filter((kind) => wanted.has(kind));
}

function isAll(resources: readonly SyncKind[]): boolean {
  return SYNC_KINDS.every((kind) => resources.includes(kind));
}

/** A new schedule runs at once, and so does the start of its worker: one of the two is enough. */
const JUST_NOW_MS = 10_000;

/**
 * Why a job is not to be run; null when it is.
 *
 * @param result what became of the same run before: its job was given back, or taken from a worker that died
 */
export function skipReason(
  { order, unlessRunSince }: { readonly order: SyncOrder; readonly unlessRunSince: number },
  { run, paused }: SyncSnapshot,
  result: SyncResult | null,
  { nowMs, intervalMs }: { readonly nowMs: number; readonly intervalMs: number },
): string | null {
  const isUnderWay = run.state === 'in_progress' && run.runId === order.runId;
  if (result?.kind === 'report' && !isUnderWay) return 'it was carried out already';

  const { trigger } = order;
  // The start asks for a whole run; whether there was one is decided below.
  if (result?.kind === 'lost' && !isUnderWay && trigger !== 'startup') return 'another run has followed it';
  const isScheduled = trigger === 'schedule' || trigger === 'retry';
  if (isScheduled && paused !== null) return 'the sync is paused';

  const lastMs = lastWholeRunMs(run);
  if (lastMs === null) return null;
  if (unlessRunSince > 0 && lastMs >= unlessRunSince) return 'another run has done it';
  if (trigger === 'schedule' && nowMs - lastMs < Math.min(JUST_NOW_MS, intervalMs / 2)) return 'one has just run';
  return null;
}

/** For so long at most a scheduled run leaves a store alone that knows of no run. */
const NEW_STORE_PATIENCE_MS = 8_000;

/**
 * How long a run waits that finds a store without any run. A new fleet has the run of its worker's start. A store that was
 * emptied loses its schedules too, which come back at once, while the API processes are still writing back what they
 * know: a sync before that would find every instance unknown. They ask for a run when they are done.
 *
 * @returns 0 for a run that does not wait
 */
export function newStorePatienceMs(
  { trigger }: Pick<SyncOrder, 'trigger'>,
  { run }: SyncSnapshot,
  intervalMs: number,
): number {
  if (trigger !== 'schedule' || run.state !== 'not_started') return 0;
  return Math.min(NEW_STORE_PATIENCE_MS, intervalMs);
}

/** When the latest run began that completed and had listed the instances. */
function lastWholeRunMs({ lastSuccess, instancesAsOf }: SyncSnapshot['run']): number | null {
  if (lastSuccess === null || instancesAsOf === null) return null;
  const startedMs = msFromTimestamp(lastSuccess.startedAt);
  // A later success without the instances is worth no more than the listing before it.
  return msFromTimestamp(instancesAsOf) >= startedMs ? startedMs : msFromTimestamp(instancesAsOf);
}

/** How a run goes on that finds the lock taken. */
export type BusyPolicy =
  /** The caller that waits for the run learns that another one holds the lock. */
  | { readonly kind: 'reject' }
  /** The run under way does what this one was to do. */
  | { readonly kind: 'leave' }
  | { readonly kind: 'run-again'; readonly inMs: number };

/** Waited after the lock has lapsed, for clocks and timers that are a little early. */
const AFTER_LAPSE_MS = 250;

/** @param ttlMs lifetime of the lock, which is renewed at a third of it */
export function busyPolicy(
  { runId, trigger }: Pick<SyncOrder, 'runId' | 'trigger'>,
  holder: LockHolder,
  ttlMs: number,
): BusyPolicy {
  const again: BusyPolicy = { kind: 'run-again', inMs: holder.remainingMs + AFTER_LAPSE_MS };
  // Its job was taken over from a worker that died with the lock.
  if (runOfPurpose(holder.purpose).runId === runId) return again;
  switch (trigger) {
    case 'manual':
      return { kind: 'reject' };
    case 'startup':
      // The run under way may be a dry one, or cover a few kinds only; one sync after a start has to be whole.
      return again;
    case 'schedule':
    case 'retry':
      // Less than half of the lifetime is left: the holder has missed a renewal, and is probably dead.
      return holder.remainingMs < ttlMs / 2 ? again : { kind: 'leave' };
  }
}

/** Plans what follows a run. While the queue is away the retry is lost, and the schedule goes on. */
@Injectable()
export class NextRunPlanner {
  private readonly logger = new Logger(NextRunPlanner.name);

  constructor(
    private readonly queue: JobQueue,
    private readonly clock: Clock,
    private readonly options: RunOptions,
  ) {}

  /**
   * Enqueues the retry of a failed run, if there is to be one.
   *
   * @param failedInARow this one included
   * @returns when it runs; null when only the schedule runs again
   */
  async retry(order: SyncOrder, failedInARow: number): Promise<Timestamp | null> {
    const pauseMs = retryPauseMs(order.trigger, failedInARow, this.options.intervalMs);
    if (pauseMs === null) return null;
    const nowMs = this.clock.now();
    const payload = payloadOf({
      trigger: 'retry',
      resources: order.resources,
      handleObsoleteInstances: order.handleObsoleteInstances,
      retry: failedInARow,
      // A run may have succeeded by then.
      unlessRunSince: nowMs,
    });
    try {
      await this.queue.enqueue(SYNC_FLEET, payload, { delayMs: pauseMs });
    } catch (error) {
      this.logger.warn('the retry of the sync could not be enqueued', { err: error });
      return null;
    }
    return timestampFromMs(nowMs + pauseMs);
  }

  /** Has the spend of the fleet accrued anew, now that a listing has shown which instances run. */
  async accrueSpend(): Promise<void> {
    try {
      await this.queue.enqueue(SPEND_ACCRUAL, {});
    } catch (error) {
      this.logger.warn('the spend is accrued anew with its own schedule only', { err: error });
    }
  }

  /** When the schedule runs next; null when there is none or nobody knows. */
  async nextRunAt(): Promise<Timestamp | null> {
    if (!this.options.automatic) return null;
    try {
      return await this.queue.nextRunOf(SCHEDULE_KEY, SYNC_FLEET);
    } catch (error) {
      this.logger.warn('the next run of the sync is not known', { err: error });
      return null;
    }
  }
}

const FIRST_PAUSE_MS = 30_000;
/** Retries in a row; after them the schedule goes on alone. */
const MOST_RETRIES = 5;

/**
 * The pause before a failed run is tried again by itself.
 *
 * @param failedInARow how many runs in a row have failed, this one included
 * @param intervalMs from one scheduled run to the next: no pause is longer
 * @returns milliseconds; null when the next scheduled run is the next try
 */
function retryPauseMs(trigger: SyncTrigger, failedInARow: number, intervalMs: number): number | null {
  // A person who started it by hand learns that it failed, and decides.
  if (trigger === 'manual' || failedInARow > MOST_RETRIES) return null;
  return Math.min(FIRST_PAUSE_MS * 2 ** (failedInARow - 1), intervalMs);
}
