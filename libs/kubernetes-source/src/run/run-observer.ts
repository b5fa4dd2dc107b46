import type { Clock, Timestamp } from '@app/platform';
import { NO_CHANGES, type ChangeCounts as RunChanges } from '@app/sync-status';
import { KUBERNETES_KINDS, type KubernetesKind } from '../model/kinds.js';
import type { ChangeCounts } from '../store/resource-store.js';
import { cannotBeRead, heldOf, isForbidden, progressOf, watchOf } from './kind-standing.js';
import type { MirrorSink } from './mirror-sink.js';
import type { KindProgress, RunReporter, RunTrigger } from './run-reporter.js';

interface CurrentRun {
  readonly kinds: readonly KubernetesKind[];
  /** For each sink which of its full sets, or a later one, is complete when the run is over. */
  readonly expected: ReadonlyMap<MirrorSink, number>;
  /** Since when a sink has got nowhere. */
  readonly troubledSince: Map<MirrorSink, Timestamp>;
  readonly reports: Map<KubernetesKind, KindProgress>;
  hasRead: boolean;
  changes: RunChanges;
}

interface Failure {
  readonly sink: MirrorSink;
  readonly error: string;
}

/**
 * Makes runs out of what reflectors do by themselves: one when the worker begins, one for each request, and one when kinds
 * that had failed are read after all, or when what is held is not what the latest run has reported. A kind that RBAC forbids
 * has failed and fails no run, since nobody waits for it; but a run fails when RBAC lets nothing be read at all.
 */
export class RunObserver {
  private run: CurrentRun | null = null;
  private failed = new Map<MirrorSink, number>();
  /** What the latest run has reported of sets that are held. */
  private reportedHeld = '';

  constructor(
    private readonly sinks: readonly MirrorSink[],
    private readonly reporter: RunReporter,
    private readonly clock: Clock,
  ) {}

  get isRunning(): boolean {
    return this.run !== null;
  }

  /** @param renewed the sinks that are to complete a full set that begins after this; the others are as they are */
  begin(
    trigger: RunTrigger,
    kinds: readonly KubernetesKind[],
    renewed: ReadonlySet<MirrorSink>,
    requestedBy = 'sync',
  ): void {
    if (this.run !== null) this.end('failed', 'another run was asked for');
    const expected = new Map(
      this.sinks
        .filter((sink) => kinds.includes(sink.kind))
        .map((sink) => [sink, renewed.has(sink) ? sink.begunSets + 1 : Math.max(1, sink.latestSet)]),
    );
    this.run = { kinds, expected, troubledSince: new Map(), reports: new Map(), hasRead: false, changes: NO_CHANGES };
    this.failed = new Map();
    this.reporter.began(trigger, kinds, requestedBy);
  }

  /** Reports what has changed since the last time; to be called when a sink has moved, and now and then. */
  check(): void {
    if (this.run === null) this.beginByItself();
    const { run } = this;
    if (run === null) return;
    const now = this.clock.timestamp();
    for (const sink of run.expected.keys()) {
      if (sink.trouble === null) run.troubledSince.delete(sink);
      else if (sink.reflector.phase === 'waiting' && !run.troubledSince.has(sink)) run.troubledSince.set(sink, now);
    }
    for (const kind of run.kinds) this.report(run, kind, now);
    const isRead = run.kinds.every((kind) => run.reports.get(kind)?.status !== 'in_progress');
    if (!isRead) return;
    if (!run.hasRead) this.reporter.step('informer');
    run.hasRead = true;
    const failures = this.failuresOf(run, now);
    if (failures === null) return;
    this.failed = this.sinksToRecover(run, failures);
    const unreadable = this.whyNothingIsRead(run, failures);
    const lasting = failures.filter(({ sink }) => !isForbidden(sink));
    const reasons = new Map(lasting.map(({ sink, error }) => [sink.kind, error]));
    if (unreadable !== null) {
      this.end('failed', `no kind may be read: ${unreadable}`);
    } else if (reasons.size === 0) {
      this.reporter.step('done');
      this.end('completed', null);
    } else {
      this.end('failed', [...reasons].map(([kind, error]) => `${kind}: ${error}`).join('; '));
    }
  }

  /** Counts what was written for the run that is under way. */
  written({ added, modified, removed }: ChangeCounts): void {
    if (this.run === null) return;
    const { changes } = this.run;
    this.run.changes = {
      ...changes,
      created: changes.created + added,
      updated: changes.updated + modified,
      removed: changes.removed + removed,
    };
  }

  /** The worker ends, or cannot go on. */
  abandon(error: string): void {
    if (this.run !== null) this.end('failed', error);
  }

  private end(outcome: 'completed' | 'failed', error: string | null): void {
    const held = heldOf(this.sinks);
    const changes = { ...(this.run?.changes ?? NO_CHANGES), leftMissing: held?.wouldRemove ?? 0 };
    this.run = null;
    this.reportedHeld = this.heldSets();
    this.reporter.ended(outcome, error, { changes, ...(held === undefined ? {} : { held }) });
  }

  private report(run: CurrentRun, kind: KubernetesKind, now: Timestamp): void {
    const before = run.reports.get(kind);
    if (before !== undefined && before.status !== 'in_progress') return;
    const sinks = [...run.expected].filter(([sink]) => sink.kind === kind);
    const progress = progressOf(
      sinks.map(([sink, expectedSet]) => ({ sink, expectedSet, troubledSince: run.troubledSince.get(sink) ?? null })),
      now,
    );
    if (before !== undefined && isSame(before, progress)) return;
    run.reports.set(kind, progress);
    this.reporter.kind(kind, progress);
  }

  /**
   * The sinks that could not be read, and those whose watch cannot be opened after it.
   *
   * @returns null while it is not known of each
   */
  private failuresOf(run: CurrentRun, now: Timestamp): readonly Failure[] | null {
    const failures: Failure[] = [];
    for (const [sink, expectedSet] of run.expected) {
      const report = run.reports.get(sink.kind);
      const hasFailed = report?.status === 'failed' && sink.latestSet < expectedSet;
      const watch = watchOf(sink, run.troubledSince.get(sink) ?? null, now);
      if (hasFailed) {
        // Between two attempts it shows why.
        if (sink.reflector.phase !== 'waiting') return null;
        failures.push({ sink, error: report.error ?? 'not read' });
      } else if (!watch.isOver) {
        return null;
      } else if (watch.error !== null) {
        failures.push({ sink, error: watch.error });
      }
    }
    return failures;
  }

  /**
   * The sinks that failed, and those that got on after their kind was reported as failed. Of a kind with a failure that
   * lasts these are left out: they have recovered already, and would begin one run after the other.
   *
   * @returns which of its full sets each has completed when it has recovered
   */
  private sinksToRecover(run: CurrentRun, failures: readonly Failure[]): Map<MirrorSink, number> {
    const failing = new Set(failures.map(({ sink }) => sink));
    const failingKinds = new Set(failures.map(({ sink }) => sink.kind));
    return new Map(
      [...run.expected].filter(
        ([sink]) =>
          failing.has(sink) || (!failingKinds.has(sink.kind) && run.reports.get(sink.kind)?.status === 'failed'),
      ),
    );
  }

  /** @returns the first reason; null unless no part of the cluster may be read */
  private whyNothingIsRead(run: CurrentRun, failures: readonly Failure[]): string | null {
    const hasReadAny = [...run.expected].some(([sink, expectedSet]) => sink.latestSet >= expectedSet);
    if (hasReadAny || !this.sinks.every(cannotBeRead)) return null;
    return failures.find(({ sink }) => isForbidden(sink))?.error ?? null;
  }

  private heldSets(): string {
    return this.sinks.map(({ held }, place) => (held === null ? '' : `${place} ${held.since}`)).join();
  }

  private beginByItself(): void {
    const isRecovered = [...this.failed].some(
      ([sink, expectedSet]) => sink.latestSet >= expectedSet && sink.reflector.phase === 'watching',
    );
    if (isRecovered || this.heldSets() !== this.reportedHeld) {
      this.begin('retry', KUBERNETES_KINDS, new Set());
      this.reporter.step('sync');
    }
  }
}

function isSame(before: KindProgress, after: KindProgress): boolean {
  return (
    before.status === after.status &&
    before.count === after.count &&
    before.total === after.total &&
    before.note === after.note
  );
}
