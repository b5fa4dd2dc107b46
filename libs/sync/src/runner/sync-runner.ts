import { JobTimeoutError } from '@app/jobs';
import { Clock, ProcessIdentity, type Timestamp } from '@app/platform';
import { HeldLock, type HeldLockOptions, type LockHolder, LockKeeper, LockLostError } from '@app/redis';
import { type PublishedJournal, type RunJournal, SILENT_JOURNAL } from '@app/sync-status';
import { Injectable } from '@nestjs/common';
import { RunOptions } from '../model/run-options.js';
import { purposeOf, SYNC_LOCK, type SyncOrder, type SyncReport } from '../model/sync-run.js';
import { type EarlierRuns, NOTHING_FOUND, type Run, RunRecorder, type StepFindings } from './run-record.js';
import { RunSteps } from './run-steps.js';

type TakenLock =
  | { readonly kind: 'held'; readonly lock: HeldLock }
  /** Another run holds it. */
  | { readonly kind: 'busy'; readonly holder: LockHolder };

/** Takes the lock for a run, in the name of this process. */
@Injectable()
export class SyncLock {
  constructor(
    private readonly keeper: LockKeeper,
    private readonly clock: Clock,
    private readonly identity: ProcessIdentity,
    private readonly options: RunOptions,
  ) {}

  /** The lock is renewed from now on, until it is released or lost. */
  async take(order: SyncOrder, onRenewed: HeldLockOptions['onRenewed']): Promise<TakenLock> {
    const { lockTtlMs: ttlMs } = this.options;
    const askedAtMs = this.clock.now();
    const claim = { owner: this.identity.toString(), purpose: purposeOf(order), ttlMs };
    const acquisition = await this.keeper.acquire(SYNC_LOCK, claim);
    if (!acquisition.acquired) return { kind: 'busy', holder: acquisition.holder };
    const lock = new HeldLock(this.keeper, acquisition.hold, this.clock, askedAtMs, { ttlMs, onRenewed });
    lock.keep();
    return { kind: 'held', lock };
  }
}

export type RunOutcome =
  | { readonly kind: 'ended'; readonly report: SyncReport }
  /** Another run holds the lock; nothing was done. */
  | { readonly kind: 'busy'; readonly holder: LockHolder }
  /** It stopped half way and left the status as it was: the lock was lost, or its process was shut down. */
  | { readonly kind: 'interrupted'; readonly by: 'lost-lock' | 'signal' };

/**
 * Carries out one run under the lock. Each of its writes is refused once the lock is lost. A run that died is not
 * resumed: the next one begins from what is stored.
 */
@Injectable()
export class SyncRunner {
  constructor(
    private readonly syncLock: SyncLock,
    private readonly steps: RunSteps,
    private readonly recorder: RunRecorder,
  ) {}

  /** @throws any error that keeps a run from beginning, such as a Redis that is away */
  async run(order: SyncOrder, signal: AbortSignal): Promise<RunOutcome> {
    signal.throwIfAborted();
    let journal: RunJournal = SILENT_JOURNAL;
    const taken = await this.syncLock.take(order, (until: Timestamp) => journal.leased(until));
    if (taken.kind === 'busy') return taken;

    const { lock } = taken;
    const run = this.recorder.open(order, lock, AbortSignal.any([signal, lock.lost]));
    try {
      if (order.dryRun) return { kind: 'ended', report: await this.dryRun(run) };
      const earlier = await this.recorder.earlierRuns(run);
      const published = await this.recorder.begin(run, earlier);
      journal = published;
      return { kind: 'ended', report: await this.realRun(run, earlier, published, signal) };
    } catch (error) {
      if (lock.lost.aborted || error instanceof LockLostError) return { kind: 'interrupted', by: 'lost-lock' };
      if (signal.aborted) return { kind: 'interrupted', by: 'signal' };
      throw error;
    } finally {
      await lock.release();
    }
  }

  /** Holds the lock all the same, so that its report describes one moment. */
  private async dryRun(run: Run): Promise<SyncReport> {
    const { order, lock, stop } = run;
    const heldBefore = await this.recorder.heldBeforeNow();
    const context = { hold: null, journal: SILENT_JOURNAL, signal: stop, heldBefore, onLockLost: () => lock.giveUp() };
    return this.recorder.endDryRun(run, await this.steps.run(order, context));
  }

  private async realRun(
    run: Run,
    earlier: EarlierRuns,
    journal: PublishedJournal,
    signal: AbortSignal,
  ): Promise<SyncReport> {
    const { order, lock, stop } = run;
    let found: StepFindings = NOTHING_FOUND;
    let runError: string | null = null;
    try {
      const heldBefore = await this.recorder.heldBefore(earlier.status);
      const context = { hold: lock.hold, journal, signal: stop, heldBefore, onLockLost: () => lock.giveUp() };
      found = await this.steps.run(order, context);
    } catch (error) {
      if (lock.lost.aborted || error instanceof LockLostError) throw error;
      // At its time limit a run has failed; at the end of its process it is given to another one.
      if (signal.aborted && !(signal.reason instanceof JobTimeoutError)) throw error;
      runError = error instanceof Error ? error.message : String(error);
    }
    return this.recorder.end(run, earlier, journal, found, runError);
  }
}
