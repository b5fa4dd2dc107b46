import type { Timestamp } from '@app/platform';
import { atStep, endRun, type KindReport, type RunEnd, renewed, withProgress } from '../status/run-status.js';
import type { RunStatus, SyncHistoryEntry, SyncStep } from '../status/sync-status.js';
import type { SyncKind } from '../sync-kinds.js';
import type { RunPublisher } from './run-publisher.js';

/** Where a run tells how far it is. */
export interface RunJournal {
  step(step: SyncStep): void;
  kind(kind: SyncKind, report: KindReport): void;
  leased(until: Timestamp): void;
  /**
   * Tells of a step for certain, after all that was told before.
   * @throws LockLostError, the reason of the signal
   */
  announce(step: SyncStep, signal: AbortSignal): Promise<void>;
}

/** Of a dry run, which leaves the shared status alone. */
export const SILENT_JOURNAL: RunJournal = {
  step: () => undefined,
  kind: () => undefined,
  leased: () => undefined,
  announce: () => Promise.resolve(),
};

/** Keeps the status of a run and publishes each change of it. */
export class PublishedJournal implements RunJournal {
  private ending = false;

  constructor(
    private readonly publisher: RunPublisher,
    private run: RunStatus,
  ) {}

  get current(): RunStatus {
    return this.run;
  }

  async started(signal: AbortSignal): Promise<void> {
    await this.publisher.deliver('sync.started', this.run, signal);
  }

  step(step: SyncStep): void {
    this.take(atStep(this.run, step));
  }

  kind(kind: SyncKind, report: KindReport): void {
    this.take(withProgress(this.run, kind, report));
  }

  leased(until: Timestamp): void {
    this.take(renewed(this.run, until));
  }

  async announce(step: SyncStep, signal: AbortSignal): Promise<void> {
    this.run = atStep(this.run, step);
    await this.publisher.deliver('sync.progress', this.run, signal);
  }

  /**
   * Tells that the run is over, and before that, when its listing was held, that it was.
   * @throws LockLostError, the reason of the signal
   */
  async ended(end: RunEnd, history: (ended: RunStatus) => SyncHistoryEntry, signal: AbortSignal): Promise<RunStatus> {
    // A renewal must not tell of a run in progress after its end.
    this.ending = true;
    if (end.held !== undefined && end.held !== null) {
      await this.publisher.deliver('sync.held', { ...this.run, held: end.held }, signal);
    }
    this.run = endRun(this.run, end);
    const { outcome } = end;
    await this.publisher.deliver(`sync.${outcome}`, this.run, signal, { history: history(this.run) });
    return this.run;
  }

  private take(next: RunStatus): void {
    if (next === this.run || this.ending) return;
    this.run = next;
    this.publisher.send('sync.progress', next);
  }
}
