/**
 * How a run publishes its progress: the journal keeps the status of the run, the publisher brings each change of it to
 * the shared status and its events.
 */
import { delay, type Timestamp } from '@app/platform';
import { type LockHold, LockLostError } from '@app/redis';
import { Logger } from '@nestjs/common';
import { type KindReport, withProgress } from '../model/kind-progress.js';
import { atStep, endRun, type RunEnd, renewed } from '../model/run-transitions.js';
import type { RunStatus, SyncEventType, SyncHistoryEntry, SyncStep } from '../model/sync-status.js';
import { type PublishOptions, type SyncStatusStore, SyncStatusUnavailableError } from '../store/sync-status-store.js';

/** Where a run notes how far it is. */
export interface RunJournal {
  step(step: SyncStep): void;
  kind(kind: string, report: KindReport): void;
  leased(until: Timestamp): void;
  /**
   * Publishes a step for certain, after everything before it.
   * @throws LockLostError, the reason of the signal
   */
  announce(step: SyncStep, signal: AbortSignal): Promise<void>;
}

/** The journal of a dry run, which leaves the shared status alone. */
export const SILENT_JOURNAL: RunJournal = {
  step: () => undefined,
  kind: () => undefined,
  leased: () => undefined,
  announce: () => Promise.resolve(),
};

/** The journal of a run that writes: keeps its status and publishes each change of it. */
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
    this.apply(atStep(this.run, step));
  }

  kind(kind: string, report: KindReport): void {
    this.apply(withProgress(this.run, kind, report));
  }

  leased(until: Timestamp): void {
    this.apply(renewed(this.run, until));
  }

  async announce(step: SyncStep, signal: AbortSignal): Promise<void> {
    this.run = atStep(this.run, step);
    await this.publisher.deliver('sync.progress', this.run, signal);
  }

  /**
   * Publishes that the run is over, and before that, when its listing was held, that it was.
   * @throws LockLostError, the reason of the signal
   */
  async ended(end: RunEnd, history: (ended: RunStatus) => SyncHistoryEntry, signal: AbortSignal): Promise<RunStatus> {
    // A renewal of the lock must not publish a run in progress after its end.
    this.ending = true;
    if (end.held !== undefined && end.held !== null) {
      await this.publisher.deliver('sync.held', { ...this.run, held: end.held }, signal);
    }
    this.run = endRun(this.run, end);
    const { outcome } = end;
    await this.publisher.deliver(`sync.${outcome}`, this.run, signal, { history: history(this.run) });
    return this.run;
  }

  private apply(next: RunStatus): void {
    if (next === this.run || this.ending) return;
    this.run = next;
    this.publisher.send('sync.progress', next);
  }
}

/**
 * Progress that comes faster than this is published together: beyond fifty steps a second nobody sees more, and each event
 * costs every process that follows more than reading the page did.
 */
const PACE_MS = 20;
const RETRY_PAUSE_MS = 250;
/** The lock mostly lapses long before; this ends the tries when the store refuses writes although locks are renewed. */
const MOST_TRIES = 240;

interface PendingEvent {
  readonly type: SyncEventType;
  readonly run: RunStatus;
}

/**
 * Publishes the status of one run, in order and one at a time, without making the run wait. A status that cannot be
 * published is logged and dropped, as the next one says it all again; a status that must not be lost is `deliver`ed.
 */
export class RunPublisher {
  private readonly logger = new Logger(RunPublisher.name);
  private readonly pending: PendingEvent[] = [];
  private working: Promise<void> | null = null;
  private lastPublished: RunStatus | null = null;
  private delivering = 0;
  private endPause: (() => void) | null = null;
  private closed = false;
  private failing = false;

  /**
   * @param onLockLost called once; nothing is published after it
   * @param paceMs how long progress waits for more of it
   */
  constructor(
    private readonly store: SyncStatusStore,
    private readonly hold: LockHold,
    private readonly onLockLost: () => void,
    private readonly paceMs = PACE_MS,
  ) {}

  send(type: SyncEventType, run: RunStatus): void {
    if (this.closed) return;
    const last = this.pending.at(-1);
    if (last?.type === 'sync.progress' && type === 'sync.progress' && isMerelyFurther(last.run, run)) {
      this.pending.pop();
    }
    this.pending.push({ type, run });
    this.working ??= this.work();
  }

  /**
   * Publishes after everything that was sent, and tries until it is published.
   * @throws LockLostError, the reason of the signal
   */
  async deliver(type: SyncEventType, run: RunStatus, signal: AbortSignal, options?: PublishOptions): Promise<void> {
    this.delivering += 1;
    try {
      this.endPause?.();
      while (this.working !== null) await this.working;
    } finally {
      this.delivering -= 1;
    }
    await this.insist(() => this.store.publish(type, run, this.hold, options), signal);
  }

  /**
   * Reads from or writes to the store of the status, and tries again while it cannot be reached.
   * @throws LockLostError, the reason of the signal, SyncStatusUnavailableError after a minute or more
   */
  async insist<Value>(call: () => Promise<Value>, signal: AbortSignal): Promise<Value> {
    for (let tries = 1; ; tries += 1) {
      signal.throwIfAborted();
      try {
        return await call();
      } catch (error) {
        if (error instanceof LockLostError) this.end();
        if (!(error instanceof SyncStatusUnavailableError) || tries === MOST_TRIES) throw error;
        this.logger.warn('the status of the sync cannot be reached, trying again', { err: error });
      }
      await delay(RETRY_PAUSE_MS, signal);
    }
  }

  private async work(): Promise<void> {
    for (let head = this.pending[0]; head !== undefined; head = this.pending[0]) {
      if (this.canWait(head)) await this.pause();
      const next = this.pending.shift();
      if (next === undefined) break;
      try {
        await this.store.publish(next.type, next.run, this.hold);
        this.lastPublished = next.run;
        this.failing = false;
      } catch (error) {
        if (error instanceof LockLostError) this.end();
        else if (!this.failing) this.logger.warn('the progress of the sync could not be published', { err: error });
        this.failing = true;
      }
    }
    this.working = null;
  }

  private canWait({ type, run }: PendingEvent): boolean {
    if (this.delivering > 0 || this.lastPublished === null) return false;
    return type === 'sync.progress' && isMerelyFurther(this.lastPublished, run);
  }

  /** Until it is time for the next event, or a status is to be delivered. */
  private async pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.paceMs);
    this.endPause = resolve;
    await promise;
    clearTimeout(timer);
    this.endPause = null;
  }

  private end(): void {
    if (this.closed) return;
    this.closed = true;
    this.pending.length = 0;
    this.endPause?.();
    this.onLockLost();
  }
}

/** Whether the second differs from the first only in how much was read: then it makes the first superfluous. */
function isMerelyFurther(first: RunStatus, second: RunStatus): boolean {
  return (
    first.step === second.step &&
    first.leaseUntil === second.leaseUntil &&
    first.resources.length === second.resources.length &&
    first.resources.every(({ status }, place) => second.resources[place]?.status === status)
  );
}
