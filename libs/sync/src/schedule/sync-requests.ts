/** How a caller asks for a sync, waits for its end, and pauses the automatic runs. */
import { JobQueue, noWorker, SYNC_FLEET, WorkerPresence } from '@app/jobs';
import { Clock, delay, formatDuration, IdGenerator, msFromTimestamp, Problem, ProcessIdentity } from '@app/platform';
import { type LockHold, type LockHolder, LockKeeper } from '@app/redis';
import type { RunStatus, SyncPause } from '@app/sync-status';
import { estimateRemaining, SyncStatusStore, SyncStatusUnavailableError, SyncStatusView } from '@app/sync-status';
import { Injectable } from '@nestjs/common';
import { syncProblems } from '../model/sync.problems.js';
import {
  purposeOf,
  runOfPurpose,
  SYNC_LOCK,
  type SyncOptions,
  type SyncReport,
  type SyncResult,
} from '../model/sync-run.js';
import { RunNotes } from '../notes/run-notes.js';
import { payloadOf } from './sync-jobs.js';

export type SyncAnswer =
  /** `joined`: of the run that was under way already. */
  | { readonly kind: 'finished'; readonly report: SyncReport; readonly joined: boolean }
  /** It goes on although the caller's patience is over. */
  | { readonly kind: 'running'; readonly runId: string };

/** The requests that a caller may make of the sync. Every rejection is a `Problem`. */
export abstract class SyncRequests {
  /**
   * Has a worker run a sync, and waits for its end.
   *
   * @param wait while another one runs: true joins it (and runs afterwards when it was a dry run), false is rejected;
   *   behind a run that is over and still holds its lock for a moment, either runs
   * @throws Problem `sync-in-progress` (409, with the owner, its age and Retry-After), `no-worker` (503)
   */
  abstract run(
    options: SyncOptions,
    caller: { readonly keyName: string },
    waiting: { readonly wait: boolean; readonly patienceMs: number; readonly signal: AbortSignal },
  ): Promise<SyncAnswer>;

  /** Has a worker run a sync as soon as it can, and waits for nothing. Several requests at a time are one run. */
  abstract requestRun(): Promise<void>;

  /** No automatic run begins until it is resumed; a run under way ends, and manual ones are carried out. */
  abstract pause(caller: { readonly keyName: string }): Promise<SyncPause>;
  abstract resume(caller: { readonly keyName: string }): Promise<void>;
}

/** Held from a request until its run has ended, so that of two requests at the same moment one is rejected. */
const REQUEST_LOCK = 'sync-request';
/** By then a worker has taken the job and holds the lock of the sync, which says the same. */
const REQUEST_LOCK_MS = 15_000;

const BETWEEN_TRIES_MS = 100;
/** A run that is over gives its lock back within moments; one that cannot keeps it until it lapses. */
const MOST_TRIES = 20;

interface Caller {
  readonly keyName: string;
}

/** Another run, or another request for one, comes first. */
interface Preceded {
  readonly kind: 'preceded';
  readonly holder: LockHolder;
}

/** Lets one request at a time have its run made, and none while a run is under way. */
@Injectable()
export class RequestTurns {
  constructor(
    private readonly locks: LockKeeper,
    private readonly ids: IdGenerator,
    private readonly identity: ProcessIdentity,
  ) {}

  /**
   * Has a run made, under a new id, unless another run or another request for one comes first.
   * @throws Problem `sync-unavailable`, and whatever `make` throws
   */
  async take<Made>(dryRun: boolean, make: (runId: string) => Promise<Made>): Promise<Made | Preceded> {
    const runId = this.ids.ulid();
    const claim = { owner: this.identity.toString(), purpose: purposeOf({ runId, dryRun }), ttlMs: REQUEST_LOCK_MS };
    const claimed = await reached(this.locks.acquire(REQUEST_LOCK, claim));
    try {
      const running = await reached(this.locks.holder(SYNC_LOCK));
      if (running !== null) return { kind: 'preceded', holder: running };
      if (!claimed.acquired) return { kind: 'preceded', holder: claimed.holder };
      return await make(runId);
    } finally {
      if (claimed.acquired) await this.release(claimed.hold);
    }
  }

  private async release(hold: LockHold): Promise<void> {
    try {
      await this.locks.release(hold);
    } catch {
      // It lapses within seconds.
    }
  }
}

/** Runs of a small fleet take less than a second; a long one is not asked about more often than this. */
const PAUSE_MS = { first: 50, longest: 1_000 } as const;

/** The ends of runs, as their workers report them. */
@Injectable()
export class RunResults {
  constructor(
    private readonly notes: RunNotes,
    private readonly view: SyncStatusView,
  ) {}

  /** To be made before the run can begin, and to be closed. */
  observe(runId: string): RunObserver {
    return new RunObserver(this.notes, this.view, runId);
  }

  /** The latest run, as this process knows it. */
  latestRun(): RunStatus {
    return this.view.current().run;
  }

  /**
   * Whether the run that holds a lock is over: its report is there, and the lock is released in a moment.
   * @throws Problem `sync-unavailable`
   */
  async isOver({ purpose }: LockHolder): Promise<boolean> {
    const result = await reached(this.notes.result(runOfPurpose(purpose).runId));
    return result?.kind === 'report';
  }
}

/**
 * Waits for the result of a run. The event of its end says when to ask. Dry runs have no such event, and an event can
 * come late, so the store is asked now and then as well.
 */
class RunObserver {
  private readonly unsubscribe: () => void;
  private ended = new AbortController();

  constructor(
    private readonly notes: RunNotes,
    view: SyncStatusView,
    private readonly runId: string,
  ) {
    this.unsubscribe = view.subscribe(({ type, run }) => {
      if (run.runId === runId && (type === 'sync.completed' || type === 'sync.failed')) this.ended.abort();
    });
  }

  /** @returns null when the signal came first */
  async result(signal: AbortSignal): Promise<SyncResult | null> {
    let pauseMs: number = PAUSE_MS.first;
    while (!signal.aborted) {
      const result = await this.ask();
      if (result !== null) return result;
      await delay(pauseMs, AbortSignal.any([signal, this.ended.signal]));
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest);
      if (!this.ended.signal.aborted) continue;
      // The result is there, or comes within moments.
      pauseMs = PAUSE_MS.first;
      this.ended = new AbortController();
    }
    return null;
  }

  close(): void {
    this.unsubscribe();
  }

  private async ask(): Promise<SyncResult | null> {
    try {
      return await this.notes.result(this.runId);
    } catch (error) {
      // The run goes on whether or not its result can be read now.
      if (error instanceof SyncStatusUnavailableError) return null;
      throw error;
    }
  }
}

/** Hands a sync to the workers through the queue, and waits for its end. */
@Injectable()
export class QueuedSyncRequests extends SyncRequests {
  constructor(
    private readonly queue: JobQueue,
    private readonly workers: WorkerPresence,
    private readonly turns: RequestTurns,
    private readonly results: RunResults,
    private readonly store: SyncStatusStore,
    private readonly clock: Clock,
  ) {
    super();
  }

  /** @throws besides the errors that the port names: Problem `sync-unavailable` (503), the reason of the signal */
  override async run(
    options: SyncOptions,
    caller: Caller,
    { wait, patienceMs, signal }: Parameters<SyncRequests['run']>[2],
  ): Promise<SyncAnswer> {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), patienceMs);
    const over = AbortSignal.any([signal, patience.signal]);
    let tries = 0;
    try {
      if (!(await reached(this.workers.isAnyAlive('sync')))) throw noWorker('the sync');
      for (;;) {
        const first = await this.turns.take(options.dryRun, (runId) => this.runOwn(runId, options, caller, over));
        signal.throwIfAborted();
        if (first.kind !== 'preceded') return first;
        const { holder } = first;
        const mayFollow = wait || (tries++ < MOST_TRIES && (await this.results.isOver(holder)));
        if (!mayFollow || over.aborted) throw inProgress(holder, this.results.latestRun(), this.clock.now());
        if (wait) {
          const joined = await this.join(holder, over);
          signal.throwIfAborted();
          if (joined !== null) return joined;
        }
        // Its lock, or that of the request for it, is released in a moment.
        await delay(BETWEEN_TRIES_MS, over);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  override async requestRun(): Promise<void> {
    // The same job that a worker enqueues at its start: a run that began since is enough.
    const payload = payloadOf({ trigger: 'startup', unlessRunSince: this.clock.now() });
    await reached(this.queue.enqueue(SYNC_FLEET, payload));
  }

  override async pause({ keyName }: Caller): Promise<SyncPause> {
    const wanted: SyncPause = { since: this.clock.timestamp(), by: `user:${keyName}` };
    return (await reached(this.store.setPaused(wanted))) ?? wanted;
  }

  override async resume(): Promise<void> {
    await reached(this.store.setPaused(null));
  }

  private async runOwn(
    runId: string,
    options: SyncOptions,
    { keyName }: Caller,
    over: AbortSignal,
  ): Promise<SyncAnswer | Preceded> {
    const observer = this.results.observe(runId);
    try {
      const payload = payloadOf({ ...options, runId, trigger: 'manual', requestedBy: `user:${keyName}` });
      await reached(this.queue.enqueue(SYNC_FLEET, payload));
      const result = await observer.result(over);
      switch (result?.kind) {
        case undefined:
          return { kind: 'running', runId };
        case 'report':
          return { kind: 'finished', report: result.report, joined: false };
        case 'busy':
          return { kind: 'preceded', holder: result.holder };
        case 'lost':
          throw unavailable(`The run was lost: ${result.reason}.`);
      }
    } finally {
      observer.close();
    }
  }

  /** @returns null when that run gives no answer, and the caller's own run comes next */
  private async join(holder: LockHolder, over: AbortSignal): Promise<SyncAnswer | null> {
    const { runId, dryRun } = runOfPurpose(holder.purpose);
    const observer = this.results.observe(runId);
    try {
      const result = await observer.result(over);
      if (dryRun) return null;
      if (result === null) return { kind: 'running', runId };
      return result.kind === 'report' ? { kind: 'finished', report: result.report, joined: true } : null;
    } finally {
      observer.close();
    }
  }
}

/** @throws Problem `sync-unavailable`: these calls fail only while Redis is away */
async function reached<Value>(call: Promise<Value>): Promise<Value> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw unavailable('The sync cannot be reached at the moment.', error);
  }
}

const UNAVAILABLE_RETRY_SECONDS = 5;

/**
 * @param run as this process knows it; when it is the holder's run, it says how long that will take
 * @param now epoch milliseconds
 */
function inProgress(holder: LockHolder, run: RunStatus, now: number): Problem {
  const { runId, dryRun } = runOfPurpose(holder.purpose);
  const ageMs = Math.max(0, now - msFromTimestamp(holder.since));
  const ageSeconds = Math.round(ageMs / 1_000);
  const remainingSeconds = run.runId === runId ? estimateRemaining(run, now) : null;
  const detail = `A ${dryRun ? 'dry run of the sync' : 'sync'} has been under way for ${formatDuration(ageSeconds * 1_000)}, by ${holder.owner}.`;
  return new Problem(syncProblems['sync-in-progress'], {
    detail,
    retryAfterSeconds: Math.max(1, remainingSeconds ?? Math.ceil(holder.remainingMs / 1_000)),
    extensions: { owner: holder.owner, runId, dryRun, since: holder.since, ageSeconds },
  });
}

function unavailable(detail: string, cause?: unknown): Problem {
  return new Problem(syncProblems['sync-unavailable'], {
    detail,
    retryAfterSeconds: UNAVAILABLE_RETRY_SECONDS,
    cause,
  });
}
