import { JobQueue, SYNC_FLEET, WorkerPresence } from '@app/jobs';
import { Clock, delay, IdGenerator, Problem, ProcessIdentity } from '@app/platform';
import { type LockHold, type LockHolder, LockKeeper } from '@app/redis';
import { Injectable } from '@nestjs/common';
import { payloadOf } from '../run/order-payload.js';
import { purposeOf, runOfPurpose, SYNC_LOCK } from '../run/sync-lock.js';
import type { SyncOptions } from '../run/sync-options.js';
import type { SyncPause } from '../status/sync-status.js';
import { SyncStatusStore } from '../status/sync-status-store.port.js';
import { SyncStatusView } from '../status/sync-status-view.js';
import { inProgress, noWorker, unavailable } from './refusals.js';
import { RunWatch } from './run-watch.js';
import { type SyncAnswer, SyncRequests } from './sync-requests.port.js';

/** Held from a request until its run has ended, so that of two at the same moment one is refused. */
const REQUEST_LOCK = 'sync-request';
/** By then a worker has taken the job, and the lock of the sync says the same. */
const REQUEST_LOCK_MS = 15_000;

const BETWEEN_TRIES_MS = 100;

interface Caller {
  readonly keyName: string;
}

/** Another run, or another request for one, comes first. */
interface Other {
  readonly holder: LockHolder;
}

/** Hands a sync to the workers by the queue, and waits for its end. */
@Injectable()
export class QueuedSyncRequests extends SyncRequests {
  constructor(
    private readonly queue: JobQueue,
    private readonly workers: WorkerPresence,
    private readonly locks: LockKeeper,
    private readonly store: SyncStatusStore,
    private readonly view: SyncStatusView,
    private readonly ids: IdGenerator,
    private readonly clock: Clock,
    private readonly identity: ProcessIdentity,
  ) {
    super();
  }

  /** @throws besides what the port names: Problem `sync-unavailable` (503), the reason of the signal */
  override async run(
    options: SyncOptions,
    caller: Caller,
    { wait, patienceMs, signal }: Parameters<SyncRequests['run']>[2],
  ): Promise<SyncAnswer> {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), patienceMs);
    const over = AbortSignal.any([signal, patience.signal]);
    try {
      if (!(await reached(this.workers.isAnyAlive('sync')))) throw noWorker();
      for (;;) {
        const first = await this.runFirst(options, caller, over);
        signal.throwIfAborted();
        if (!('holder' in first)) return first;
        const { holder } = first;
        if (!wait || over.aborted) throw inProgress(holder, this.view.current().run, this.clock.now());
        const joined = await this.join(holder, over);
        signal.throwIfAborted();
        if (joined !== null) return joined;
        // Its lock, or that of the request for it, is let go of in a moment.
        await delay(BETWEEN_TRIES_MS, over);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  override async requestRun(): Promise<void> {
    // As a worker does at its start: a run that began since is enough.
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

  /** Has a run of its own made, unless another one comes first. */
  private async runFirst(options: SyncOptions, caller: Caller, over: AbortSignal): Promise<SyncAnswer | Other> {
    const runId = this.ids.ulid();
    const purpose = purposeOf({ runId, dryRun: options.dryRun });
    const claim = { owner: this.identity.toString(), purpose, ttlMs: REQUEST_LOCK_MS };
    const claimed = await reached(this.locks.acquire(REQUEST_LOCK, claim));
    try {
      const running = await reached(this.locks.holder(SYNC_LOCK));
      if (running !== null) return { holder: running };
      if (!claimed.acquired) return { holder: claimed.holder };
      return await this.runOwn(runId, options, caller, over);
    } finally {
      if (claimed.acquired) await this.giveUp(claimed.hold);
    }
  }

  private async runOwn(
    runId: string,
    options: SyncOptions,
    { keyName }: Caller,
    over: AbortSignal,
  ): Promise<SyncAnswer | Other> {
    const watch = new RunWatch(this.store, this.view, runId);
    try {
      const payload = payloadOf({ ...options, runId, trigger: 'manual', requestedBy: `user:${keyName}` });
      await reached(this.queue.enqueue(SYNC_FLEET, payload));
      const result = await watch.result(over);
      switch (result?.kind) {
        case undefined:
          return { kind: 'running', runId };
        case 'report':
          return { kind: 'finished', report: result.report, joined: false };
        case 'busy':
          return { holder: result.holder };
        case 'lost':
          throw unavailable(`The run was lost: ${result.reason}.`);
      }
    } finally {
      watch.close();
    }
  }

  /** @returns null when there is nothing to be had from that run, and one's own comes next */
  private async join(holder: LockHolder, over: AbortSignal): Promise<SyncAnswer | null> {
    const { runId, dryRun } = runOfPurpose(holder.purpose);
    const watch = new RunWatch(this.store, this.view, runId);
    try {
      const result = await watch.result(over);
      if (dryRun) return null;
      if (result === null) return { kind: 'running', runId };
      return result.kind === 'report' ? { kind: 'finished', report: result.report, joined: true } : null;
    } finally {
      watch.close();
    }
  }

  private async giveUp(hold: LockHold): Promise<void> {
    try {
      await this.locks.release(hold);
    } catch {
      // It lapses within seconds.
    }
  }
}

/** @throws Problem `sync-unavailable`: whatever these calls fail by, Redis is away */
async function reached<Value>(call: Promise<Value>): Promise<Value> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw unavailable('The sync cannot be reached at the moment.', error);
  }
}
