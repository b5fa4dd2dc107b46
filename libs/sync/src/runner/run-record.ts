/**
 * The record of a run: its beginning and its end in the shared status, its result for the caller that waits, its
 * entry in the history, its metrics and its lines in the log.
 */
import { Clock, msFromTimestamp, oneLine, type Timestamp } from '@app/platform';
import type { HeldLock } from '@app/redis';
import {
  beginRun,
  type ChangeCounts,
  endDeadRun,
  expectedDuration,
  NO_CHANGES,
  PublishedJournal,
  RunPublisher,
  type RunStatus,
  type SyncHistoryEntry,
  SyncStatusStore,
} from '@app/sync-status';
import { Injectable, Logger } from '@nestjs/common';
import type { InstancePassResult } from '../instances/instance-pass.js';
import {
  type HeldListing,
  MAX_ACTIONS,
  type PlannedAction,
  type SyncKind,
  type SyncOrder,
  type SyncReport,
} from '../model/sync-run.js';
import { RunNotes } from '../notes/run-notes.js';
import { NextRunPlanner } from '../schedule/sync-jobs.js';
import { SyncMetrics } from '../status/sync-metrics.js';

/** A run that holds the lock. */
export interface Run {
  readonly order: SyncOrder;
  readonly lock: HeldLock;
  readonly startedAt: Timestamp;
  /** Aborted when the run must end at once. */
  readonly stop: AbortSignal;
  readonly publisher: RunPublisher;
}

/** The state that earlier runs have left. */
export interface EarlierRuns {
  readonly status: RunStatus;
  readonly history: readonly SyncHistoryEntry[];
}

/** The findings and changes of a run, between its beginning and its end. */
export interface StepFindings {
  readonly recordsBefore: number;
  readonly recordsAfter: number;
  readonly purged: number;
  /** Of the cleanup of a dry run. */
  readonly purges: readonly PlannedAction[];
  /** Null when instances were not part of it, or failed. */
  readonly instances: InstancePassResult | null;
  readonly failures: SyncReport['failures'];
}

/** The findings of a run that failed before its steps had found anything. */
export const NOTHING_FOUND: StepFindings = {
  recordsBefore: 0,
  recordsAfter: 0,
  purged: 0,
  purges: [],
  instances: null,
  failures: [],
};

/** So many earlier runs are enough to know how long a run takes. */
const HISTORY_TO_GO_BY = 20;

@Injectable()
export class RunRecorder {
  constructor(
    private readonly status: SyncStatusStore,
    private readonly notes: RunNotes,
    private readonly planner: NextRunPlanner,
    private readonly metrics: SyncMetrics,
    private readonly clock: Clock,
  ) {}

  open(order: SyncOrder, lock: HeldLock, stop: AbortSignal): Run {
    const publisher = new RunPublisher(this.status, lock.hold, () => lock.giveUp());
    return { order, lock, startedAt: this.clock.timestamp(), stop, publisher };
  }

  async earlierRuns({ publisher, stop }: Run): Promise<EarlierRuns> {
    const [{ run: status }, history] = await publisher.insist(
      () => Promise.all([this.status.read(), this.status.history(HISTORY_TO_GO_BY)]),
      stop,
    );
    return { status, history };
  }

  /** For a dry run, which reads nothing else of earlier runs. */
  async heldBeforeNow(): Promise<HeldListing | null> {
    return this.heldBefore((await this.status.read()).run);
  }

  /** @param status as an earlier run left it */
  async heldBefore({ held }: RunStatus): Promise<HeldListing | null> {
    if (held === null) return null;
    const ids = await this.notes.heldIds();
    return ids === null ? null : { summary: held, ids };
  }

  /** Publishes the beginning of a run, and before that the end of a run whose worker died. */
  async begin(run: Run, { status: previous, history }: EarlierRuns): Promise<PublishedJournal> {
    const { order, startedAt, lock, publisher, stop } = run;
    const dead = endDeadRun(previous, { runId: order.runId, startedAt }, NO_CHANGES);
    if (dead !== null) {
      await publisher.deliver('sync.failed', dead.run, stop, { history: dead.history });
      // A caller that waits for the dead run must not wait on; its report, if there is one, is worth more.
      const result = await publisher.insist(() => this.notes.result(dead.runId), stop);
      if (result === null) await this.notes.putResult(dead.runId, { kind: 'lost', reason: dead.reason });
    }
    const expectedMs = expectedDuration(history, order.resources);
    const begun = beginRun(previous, order, startedAt, lock.leaseUntil, expectedMs);
    const journal = new PublishedJournal(publisher, begun);
    await journal.started(stop);
    return journal;
  }

  /** A dry run leaves no trace but its result. */
  async endDryRun({ order, startedAt, lock, publisher }: Run, found: StepFindings): Promise<SyncReport> {
    const report = reportOf({ ...found, order, startedAt, endedAt: this.clock.timestamp(), runError: null });
    await publisher.insist(() => this.notes.putResult(order.runId, { kind: 'report', report }), lock.lost);
    logRun(report);
    return report;
  }

  /**
   * Only a lost lock aborts it: a process that drains still publishes how its run ended.
   *
   * @param runError an error of no kind of resources; null for none
   */
  async end(
    { order, startedAt, lock, publisher }: Run,
    earlier: EarlierRuns,
    journal: PublishedJournal,
    found: StepFindings,
    runError: string | null,
  ): Promise<SyncReport> {
    const endedAt = this.clock.timestamp();
    const report = reportOf({ ...found, order, startedAt, endedAt, runError });
    const held = heldAfter(order, found.instances);
    if (held !== undefined && (held !== null || earlier.status.held !== null)) {
      await publisher.insist(() => this.notes.putHeldIds(held?.ids ?? null, lock.hold), lock.lost);
    }
    const failedInARow = journal.current.retry.count + 1;
    const nextRetryAt = report.outcome === 'failed' ? await this.planner.retry(order, failedInARow) : null;
    const nextRunAt = await this.planner.nextRunAt();
    await publisher.insist(() => this.notes.putResult(order.runId, { kind: 'report', report }), lock.lost);
    const end = {
      outcome: report.outcome,
      error: report.error,
      changes: report.changes,
      at: endedAt,
      nextRetryAt,
      nextRunAt,
      expectedDurationMs: expectedDuration(
        [historyEntryOf(report, order, journal.current), ...earlier.history],
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

interface RunFindings extends StepFindings {
  readonly order: SyncOrder;
  readonly startedAt: Timestamp;
  readonly endedAt: Timestamp;
  /** An error of no kind of resources, such as that the records could not be counted. */
  readonly runError: string | null;
}

export function reportOf(findings: RunFindings): SyncReport {
  const { order, instances, failures, startedAt, endedAt, purged, purges } = findings;
  const { forceSync, handleObsoleteInstances, dryRun, resources } = order;
  const error = errorTextOf(failures, findings.runError);
  return {
    runId: order.runId,
    outcome: error === null ? 'completed' : 'failed',
    error,
    options: { forceSync, handleObsoleteInstances, dryRun, resources },
    startedAt,
    endedAt,
    durationMs: durationMs(startedAt, endedAt),
    recordsBefore: findings.recordsBefore,
    recordsAfter: findings.recordsAfter,
    novitaInstances: instances?.verdict.distinct ?? null,
    unclean: instances === null || instances.verdict.clean ? null : instances.verdict.reason,
    changes: withPurged(instances?.changes ?? NO_CHANGES, purged),
    held: instances?.held?.summary ?? null,
    failures,
    actions: [...purges, ...(instances?.actions ?? [])].slice(0, MAX_ACTIONS),
    actionCount: purges.length + (instances?.actionCount ?? 0),
  };
}

function errorTextOf(
  failures: readonly { readonly resource: SyncKind; readonly error: string }[],
  runError: string | null,
): string | null {
  // An error that several kinds share, as when the key is refused, is named once, before the kinds: lines are cut.
  const kindsByError = Map.groupBy(failures, ({ error }) => error);
  const texts = [...kindsByError].map(
    ([error, kinds]) => `${error} (${kinds.map(({ resource }) => resource).join(', ')})`,
  );
  if (runError !== null) texts.unshift(runError);
  return texts.length === 0 ? null : texts.join('; ');
}

function historyEntryOf(report: SyncReport, order: SyncOrder, ended: RunStatus): SyncHistoryEntry {
  const { runId, outcome, error, startedAt, endedAt, changes, novitaInstances } = report;
  return {
    runId,
    trigger: order.trigger,
    requestedBy: order.requestedBy,
    outcome,
    error,
    startedAt,
    endedAt,
    durationMs: report.durationMs,
    changes,
    novitaInstances,
    held: report.held !== null,
    resources: ended.resources,
  };
}

/**
 * The state that the run leaves for the next one: its held listing, null for nothing any more, undefined for "as before"
 * when it did not judge missing instances.
 */
function heldAfter(
  { handleObsoleteInstances }: Pick<SyncOrder, 'handleObsoleteInstances'>,
  instances: InstancePassResult | null,
): HeldListing | null | undefined {
  if (instances === null) return undefined;
  if (instances.held !== null) return instances.held;
  return instances.verdict.clean && handleObsoleteInstances ? null : undefined;
}

function withPurged(changes: ChangeCounts, purged: number): ChangeCounts {
  return { ...changes, removed: changes.removed + purged };
}

function durationMs(from: Timestamp, to: Timestamp): number {
  return Math.max(0, msFromTimestamp(to) - msFromTimestamp(from));
}

const logger = new Logger('Sync');

const LONGEST_ERROR = 2_000;

/**
 * Writes the log lines by which operators follow the sync. Texts of the provider are cut to one line. The reason of a
 * failed run names each cause once with the kinds that it concerns.
 */
function logRun(report: SyncReport): void {
  const { runId, outcome, changes, durationMs, options, error } = report;
  const run = { runId, durationMs, ...(options.dryRun ? { dryRun: true } : {}) };
  if (report.novitaInstances !== null) {
    logger.log('Instance sync completed', {
      ...run,
      updated: changes.updated,
      created: changes.created,
      removed: changes.removed,
      markedObsolete: changes.markedTerminated,
      totalNovitaInstances: report.novitaInstances,
      totalLocalInstances: report.recordsBefore,
      held: report.held !== null,
    });
  }
  if (outcome === 'failed') logger.error('Sync failed', { ...run, reason: oneLine(error ?? '', LONGEST_ERROR) });
  else logger.log('Sync completed', { ...run, resources: options.resources.length });
}
