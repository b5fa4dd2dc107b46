import { JobTimeoutError } from '@app/jobs';
import { Clock, ProcessIdentity, type Timestamp } from '@app/platform';
import { type LockHolder, LockKeeper, LockLostError } from '@app/redis';
import { Injectable } from '@nestjs/common';
import {
  type HeldListing,
  NO_CHANGES,
  purposeOf,
  SYNC_LOCK,
  type SyncOrder,
  type SyncReport,
} from '../model/sync-run.js';
import { RunOptions } from '../model/sync-settings.js';
import { beginRun, endRun, type RunStatus, type SyncHistoryEntry } from '../model/sync-status.js';
import { NextRunPlanner } from '../schedule/sync-jobs.js';
import { expectedDuration } from '../status/sync-history.js';
import { SyncMetrics } from '../status/sync-metrics.js';
import { SyncStatusStore } from '../status/sync-status-store.js';
import { HeldLock } from './held-lock.js';
import { PublishedJournal, type RunJournal, RunPublisher, SILENT_JOURNAL } from './run-publisher.js';
import {
  heldAfter,
  historyEntryOf,
  historyOfDead,
  logRun,
  NOTHING_FOUND,
  reportOf,
  type StepFindings,
} from './run-report.js';
import { RunSteps } from './run-steps.js';

export type RunOutcome =
  | { readonly kind: 'ended'; readonly report: SyncReport }
  /** Another run holds the lock; nothing was done. */
  | { readonly kind: 'busy'; readonly holder: LockHolder }
  /** It stopped half way and left the status as it was: the lock was lost, or its process was told to end. */
  | { readonly kind: 'interrupted'; readonly by: 'lost-lock' | 'signal' };

/** Enough to know how long a run takes. */
const HISTORY_TO_GO_BY = 20;

/** A run that holds the lock. */
interface Run {
  readonly order: SyncOrder;
  readonly lock: HeldLock;
  readonly startedAt: Timestamp;
  /** Aborted when the run must end at once. */
  readonly stop: AbortSignal;
  readonly publisher: RunPublisher;
}

/** What earlier runs have left. */
interface Before {
  readonly status: RunStatus;
  readonly history: readonly SyncHistoryEntry[];
}

/**
 * Carries out one run under the lock. Each of its writes is refused once the lock is lost. A run that died is not
 * resumed: the next one begins from what is stored.
 */
@Injectable()
export class SyncRunner {
  constructor(
    private readonly locks: LockKeeper,
    private readonly status: SyncStatusStore,
    private readonly steps: RunSteps,
    private readonly planner: NextRunPlanner,
    private readonly clock: Clock,
    private readonly identity: ProcessIdentity,
    private readonly metrics: SyncMetrics,
    private readonly options: RunOptions,
  ) {}

  /** @throws whatever keeps a run from beginning, such as a Redis that is away */
  async run(order: SyncOrder, signal: AbortSignal): Promise<RunOutcome> {
    signal.throwIfAborted();
    const { lockTtlMs: ttlMs } = this.options;
    const askedAtMs = this.clock.now();
    const claim = { owner: this.identity.toString(), purpose: purposeOf(order), ttlMs };
    const acquisition = await this.locks.acquire(SYNC_LOCK, claim);
    if (!acquisition.acquired) return { kind: 'busy', holder: acquisition.holder };

    let journal: RunJournal = SILENT_JOURNAL;
    const onRenewed = (until: Timestamp): void => journal.leased(until);
    const lock = new HeldLock(this.locks, acquisition.hold, this.clock, askedAtMs, { ttlMs, onRenewed });
    lock.keep();
    const stop = AbortSignal.any([signal, lock.lost]);
    const publisher = new RunPublisher(this.status, lock.hold, () => lock.giveUp());
    const run: Run = { order, lock, startedAt: this.clock.timestamp(), stop, publisher };
    try {
      if (order.dryRun) return { kind: 'ended', report: await this.dryRun(run) };
      const before = await this.before(run);
      const published = await this.begin(run, before);
      journal = published;
      return { kind: 'ended', report: await this.realRun(run, before, published, signal) };
    } catch (error) {
      if (lock.lost.aborted || error instanceof LockLostError) return { kind: 'interrupted', by: 'lost-lock' };
      if (signal.aborted) return { kind: 'interrupted', by: 'signal' };
      throw error;
    } finally {
      await lock.release();
    }
  }

  /** Holds the lock so that its report describes one moment, and leaves no trace but its result. */
  private async dryRun(run: Run): Promise<SyncReport> {
    const { order, lock, startedAt, stop, publisher } = run;
    const heldBefore = await this.heldBefore((await this.status.read()).run);
    const context = { hold: null, journal: SILENT_JOURNAL, signal: stop, heldBefore, onLockLost: () => lock.giveUp() };
    const found = await this.steps.run(order, context);
    const report = reportOf({ ...found, order, startedAt, endedAt: this.clock.timestamp(), runError: null });
    await publisher.insist(() => this.status.putResult(order.runId, { kind: 'report', report }), lock.lost);
    logRun(report);
    return report;
  }

  private async realRun(run: Run, before: Before, journal: PublishedJournal, signal: AbortSignal): Promise<SyncReport> {
    const { order, lock, stop } = run;
    let found: StepFindings = NOTHING_FOUND;
    let runError: string | null = null;
    try {
      const heldBefore = await this.heldBefore(before.status);
      const context = { hold: lock.hold, journal, signal: stop, heldBefore, onLockLost: () => lock.giveUp() };
      found = await this.steps.run(order, context);
    } catch (error) {
      if (lock.lost.aborted || error instanceof LockLostError) throw error;
      // At its time limit a run has failed; at the end of its process it is given to another one.
      if (signal.aborted && !(signal.reason instanceof JobTimeoutError)) throw error;
      runError = error instanceof Error ? error.message : String(error);
    }
    return this.end(run, before, journal, found, runError);
  }

  private async before({ publisher, stop }: Run): Promise<Before> {
    const [{ run: status }, history] = await publisher.insist(
      () => Promise.all([this.status.read(), this.status.history(HISTORY_TO_GO_BY)]),
      stop,
    );
    return { status, history };
  }

  private async begin(run: Run, { status: previous, history }: Before): Promise<PublishedJournal> {
    const { order, startedAt, lock, publisher, stop } = run;
    const { runId } = previous;
    if (previous.state === 'in_progress' && runId !== null && runId !== order.runId) {
      const error = 'its worker ended before the run did';
      const dead = endRun(previous, { outcome: 'failed', error, changes: NO_CHANGES, at: startedAt });
      await publisher.deliver('sync.failed', dead, stop, { history: historyOfDead(dead, runId, startedAt) });
      // A caller that waits for the dead run must not wait on; its report, if there is one, is worth more.
      const result = await publisher.insist(() => this.status.result(runId), stop);
      if (result === null) await this.status.putResult(runId, { kind: 'lost', reason: error });
    }
    const expectedMs = expectedDuration(history, order.resources);
    const begun = beginRun(previous, order, startedAt, lock.leaseUntil, expectedMs);
    const journal = new PublishedJournal(publisher, begun);
    await journal.started(stop);
    return journal;
  }

  private async heldBefore({ held }: RunStatus): Promise<HeldListing | null> {
    if (held === null) return null;
    const ids = await this.status.heldIds();
    return ids === null ? null : { summary: held, ids };
  }

  /** Only a lost lock aborts it: a process that drains still publishes how its run ended. */
  private async end(
    { order, startedAt, lock, publisher }: Run,
    before: Before,
    journal: PublishedJournal,
    found: StepFindings,
    runError: string | null,
  ): Promise<SyncReport> {
    const endedAt = this.clock.timestamp();
    const report = reportOf({ ...found, order, startedAt, endedAt, runError });
    const held = heldAfter(order, found.instances);
    if (held !== undefined && (held !== null || before.status.held !== null)) {
      await publisher.insist(() => this.status.putHeldIds(held?.ids ?? null, lock.hold), lock.lost);
    }
    const failedInARow = journal.current.retry.count + 1;
    const nextRetryAt = report.outcome === 'failed' ? await this.planner.retry(order, failedInARow) : null;
    const nextRunAt = await this.planner.nextRunAt();
    await publisher.insist(() => this.status.putResult(order.runId, { kind: 'report', report }), lock.lost);
    const end = {
      outcome: report.outcome,
      error: report.error,
      changes: report.changes,
      at: endedAt,
      nextRetryAt,
      nextRunAt,
      expectedDurationMs: expectedDuration(
        [historyEntryOf(report, order, journal.current), ...before.history],
        order.resources,
      ),
      ...(held === undefined ? {} : { held: held?.summary ?? null }),
      ...(found.instances?.verdict.clean === true ? { instancesAsOf: found.instances.verdict.startedAt } : {}),
    };
    await journal.ended(end, (ended) => historyEntryOf(report, order, ended), lock.lost);
    if (found.instances?.verdict.clean === true) await this.planner.accrueSpend();
    this.metrics.runEnded(
      { trigger: order.trigger, outcome: report.outcome, durationMs: report.durationMs },
      report.changes,
    );
    logRun(report);
    return report;
  }
}
