/** How a source whose runs are made by what it follows has them published: its worker only says what happens. */
import type { SyncTrigger } from '@app/jobs';
import { type Clock, type IdGenerator, oneLine, type Timestamp } from '@app/platform';
import type { LockHold } from '@app/redis';
import { Logger } from '@nestjs/common';
import type { KindReport } from '../model/kind-progress.js';
import { beginRun, endDeadRun, historyEntryOf, type RunEnd } from '../model/run-transitions.js';
import type { ChangeCounts, HeldSummary, RunStatus, SyncStep } from '../model/sync-status.js';
import { expectedDuration } from '../shown/sync-history.js';
import type { SyncStatusStore } from '../store/sync-status-store.js';
import { PublishedJournal, RunPublisher } from './run-publisher.js';

/** The lock of the source, while a worker holds it. */
export interface ReportersLock {
  readonly hold: LockHold;
  /** When it lapses unless it is renewed. */
  readonly leaseUntil: Timestamp;
  /** Aborted with a `LockLostError`. */
  readonly lost: AbortSignal;
  /** Called when a write was refused. */
  giveUp(): void;
}

/** What is known of a run at its end besides its outcome. */
export interface RunDetails {
  /** Left out when they were not counted. */
  readonly changes?: ChangeCounts;
  /** Null for nothing any more; left out by a run that did not judge what is missing. */
  readonly held?: HeldSummary | null;
  /** When a failed run is tried again. */
  readonly nextRetryAt?: Timestamp;
}

/** A few times a second: each step carries the progress of every kind and its namespaces to every process. */
const PACE_MS = 250;
/** So many earlier runs are enough to know how long a run takes. */
const HISTORY_TO_GO_BY = 20;

/** One run, as it was reported so far. */
interface ReportedRun {
  readonly runId: string;
  readonly trigger: SyncTrigger;
  readonly requestedBy: string;
  readonly resources: readonly string[];
  readonly startedAt: Timestamp;
  readonly end: PromiseWithResolvers<RunEnd>;
  /** Null until its beginning has been published. What is reported before that is kept below, the latest of each. */
  journal: PublishedJournal | null;
  step: SyncStep | null;
  readonly kinds: Map<string, KindReport>;
}

/**
 * Publishes the runs of one worker for as long as it holds the lock. Reporting makes nobody wait, never throws, and costs
 * the memory of one report for each kind, however long the store is away.
 */
export class RunReporter {
  private readonly logger = new Logger('SyncStatus');
  private readonly publisher: RunPublisher;
  private run: ReportedRun | null = null;
  private working: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: SyncStatusStore,
    private readonly lock: ReportersLock,
    private readonly ids: IdGenerator,
    private readonly clock: Clock,
    paceMs = PACE_MS,
  ) {
    this.publisher = new RunPublisher(store, lock.hold, () => lock.giveUp(), paceMs);
  }

  /**
   * A run that is under way ends as failed.
   *
   * @param kinds in the order in which they are shown
   * @param requestedBy `sync`, or `user:<key name>`
   */
  began(trigger: SyncTrigger, kinds: readonly string[], requestedBy = 'sync'): void {
    if (this.run !== null) this.ended('failed', 'another run began');
    const run: ReportedRun = {
      runId: this.ids.ulid(),
      trigger,
      requestedBy,
      resources: kinds,
      startedAt: this.clock.timestamp(),
      end: Promise.withResolvers<RunEnd>(),
      journal: null,
      step: null,
      kinds: new Map(),
    };
    this.run = run;
    this.working = this.working.then(() => this.publish(run));
  }

  step(step: SyncStep): void {
    const { run } = this;
    if (run === null) return;
    if (run.journal === null) run.step = step;
    else run.journal.step(step);
  }

  kind(kind: string, report: KindReport): void {
    const { run } = this;
    if (run === null) return;
    if (run.journal === null) run.kinds.set(kind, report);
    else run.journal.kind(kind, report);
  }

  /** The lock was renewed. */
  leased(until: Timestamp): void {
    this.run?.journal?.leased(until);
  }

  /** @param error why it failed, null for a run that completed */
  ended(outcome: 'completed' | 'failed', error: string | null, details: RunDetails = {}): void {
    const { run } = this;
    if (run === null) return;
    this.run = null;
    const { changes = null, held, nextRetryAt } = details;
    run.end.resolve({
      outcome,
      error,
      changes,
      at: this.clock.timestamp(),
      ...(held === undefined ? {} : { held }),
      ...(nextRetryAt === undefined ? {} : { nextRetryAt }),
    });
  }

  /** Comes back when all that was reported has been published, or cannot be any more. Ends a run that is under way. */
  async close(): Promise<void> {
    this.ended('failed', 'its worker ended before the run did');
    await this.working;
  }

  /** Never rejects. */
  private async publish(run: ReportedRun): Promise<void> {
    const { lost } = this.lock;
    try {
      const journal = await this.begin(run, lost);
      const end = await run.end.promise;
      const held = end.held !== undefined && end.held !== null;
      const { requestedBy } = run;
      await journal.ended(end, (ended) => historyEntryOf(ended, { requestedBy, novitaInstances: null, held }), lost);
    } catch (error) {
      // Whoever has the lock now publishes the end of this run with the beginning of its own.
      if (!lost.aborted) this.logger.warn(`The status of a run could not be published: ${lineOf(error)}`);
    }
  }

  private async begin(run: ReportedRun, lost: AbortSignal): Promise<PublishedJournal> {
    const [{ run: previous }, history] = await this.publisher.insist(
      () => Promise.all([this.store.read(), this.store.history(HISTORY_TO_GO_BY)]),
      lost,
    );
    const before = await this.buryDead(previous, run, lost);
    const order = { ...run, retry: 0 };
    const begun = beginRun(
      before,
      order,
      run.startedAt,
      this.lock.leaseUntil,
      expectedDuration(history, run.resources),
    );
    const journal = new PublishedJournal(this.publisher, begun);
    await journal.started(lost);
    run.journal = journal;
    if (run.step !== null) journal.step(run.step);
    for (const [kind, report] of run.kinds) journal.kind(kind, report);
    run.kinds.clear();
    return journal;
  }

  /** @returns the status on which the new run stands */
  private async buryDead(previous: RunStatus, run: ReportedRun, lost: AbortSignal): Promise<RunStatus> {
    const dead = endDeadRun(previous, run, null);
    if (dead === null) return previous;
    await this.publisher.deliver('sync.failed', dead.run, lost, { history: dead.history });
    return dead.run;
  }
}

function lineOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error), 300);
}
