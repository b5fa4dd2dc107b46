import { delay } from '@app/platform';
import { type LockHold, LockLostError } from '@app/redis';
import { Logger } from '@nestjs/common';
import type { RunStatus, SyncEventType } from '../status/sync-status.js';
import {
  type PublishOptions,
  type SyncStatusStore,
  SyncStatusUnavailableError,
} from '../status/sync-status-store.port.js';

/**
 * Pages that come faster than this are told of together: beyond fifty steps a second nobody sees more, and telling
 * costs every process that follows more than reading the page did.
 */
const PACE_MS = 20;
const RETRY_PAUSE_MS = 250;
/** Mostly the lock lapses long before; this is for a store that refuses to write although locks are renewed. */
const MOST_TRIES = 240;

interface Waiting {
  readonly type: SyncEventType;
  readonly run: RunStatus;
}

/**
 * Publishes the status of one run, in order and one at a time, without making the run wait. What cannot be published is
 * told in the log and dropped, as the next one says it all again; what must not be lost is `deliver`ed.
 */
export class RunPublisher {
  private readonly logger = new Logger(RunPublisher.name);
  private readonly waiting: Waiting[] = [];
  private working: Promise<void> | null = null;
  /** What was published last. */
  private told: RunStatus | null = null;
  private delivering = 0;
  private hurry: (() => void) | null = null;
  private closed = false;
  private failing = false;

  /** @param onLockLost told once; nothing is published any more */
  constructor(
    private readonly store: SyncStatusStore,
    private readonly hold: LockHold,
    private readonly onLockLost: () => void,
  ) {}

  send(type: SyncEventType, run: RunStatus): void {
    if (this.closed) return;
    const last = this.waiting.at(-1);
    if (last?.type === 'sync.progress' && type === 'sync.progress' && isMerelyFurther(last.run, run)) {
      this.waiting.pop();
    }
    this.waiting.push({ type, run });
    this.working ??= this.work();
  }

  /**
   * After everything that was sent, and again and again until it is published.
   * @throws LockLostError, the reason of the signal
   */
  async deliver(type: SyncEventType, run: RunStatus, signal: AbortSignal, options?: PublishOptions): Promise<void> {
    this.delivering += 1;
    try {
      this.hurry?.();
      while (this.working !== null) await this.working;
    } finally {
      this.delivering -= 1;
    }
    await this.insist(() => this.store.publish(type, run, this.hold, options), signal);
  }

  /**
   * Reads or writes what lies in the store of the status, again and again while that cannot be reached.
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
    for (let head = this.waiting[0]; head !== undefined; head = this.waiting[0]) {
      if (this.canWait(head)) await this.pause();
      const next = this.waiting.shift();
      if (next === undefined) break;
      try {
        await this.store.publish(next.type, next.run, this.hold);
        this.told = next.run;
        this.failing = false;
      } catch (error) {
        if (error instanceof LockLostError) this.end();
        else if (!this.failing) this.logger.warn('the progress of the sync could not be published', { err: error });
        this.failing = true;
      }
    }
    this.working = null;
  }

  private canWait({ type, run }: Waiting): boolean {
    if (this.delivering > 0 || this.told === null) return false;
    return type === 'sync.progress' && isMerelyFurther(this.told, run);
  }

  /** Until it is time for the next step, or somebody has something to deliver. */
  private async pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, PACE_MS);
    this.hurry = resolve;
    await promise;
    clearTimeout(timer);
    this.hurry = null;
  }

  private end(): void {
    if (this.closed) return;
    this.closed = true;
    this.waiting.length = 0;
    this.hurry?.();
    this.onLockLost();
  }
}

/** Whether the second differs from the first only in how much was read, so that it says all that the first does. */
function isMerelyFurther(first: RunStatus, second: RunStatus): boolean {
  return (
    first.step === second.step &&
    first.leaseUntil === second.leaseUntil &&
    first.resources.length === second.resources.length &&
    first.resources.every(({ status }, place) => second.resources[place]?.status === status)
  );
}
