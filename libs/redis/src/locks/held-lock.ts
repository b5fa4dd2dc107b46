import { type Clock, type Timestamp, timestampFromMs } from '@app/platform';
import { Logger } from '@nestjs/common';
import { type LockHold, type LockKeeper, LockLostError } from './locks.port.js';

export interface HeldLockOptions {
  readonly ttlMs: number;
  /** Called at every renewal with the time at which the lock lapses from now on. */
  readonly onRenewed: (leaseUntil: Timestamp) => void;
}

/**
 * A lock that is held: renewed at a third of its lifetime. Its signal is aborted as soon as the lock is
 * known to be lost, or has to be taken for lost because it could not be renewed before it lapsed.
 */
export class HeldLock {
  private readonly logger = new Logger(HeldLock.name);
  private readonly loss = new AbortController();
  private next: NodeJS.Timeout | undefined;
  private lapse: NodeJS.Timeout | undefined;
  private over = false;
  private lapsesAtMs: number;

  /** @param acquiredAtMs when the lock was asked for: it lapses no later than one lifetime after that */
  constructor(
    private readonly keeper: LockKeeper,
    readonly hold: LockHold,
    private readonly clock: Clock,
    acquiredAtMs: number,
    private readonly options: HeldLockOptions,
  ) {
    this.lapsesAtMs = acquiredAtMs + options.ttlMs;
  }

  /** Aborted with a `LockLostError`. */
  get lost(): AbortSignal {
    return this.loss.signal;
  }

  get leaseUntil(): Timestamp {
    return timestampFromMs(this.lapsesAtMs);
  }

  /** Renews from now on, until it is released or lost. */
  keep(): void {
    this.watchLapse();
    this.arm(this.options.ttlMs / 3);
  }

  /** Called by a part of the run that learns of the loss first, such as a refused write. */
  giveUp(): void {
    this.end();
    if (!this.lost.aborted) this.loss.abort(new LockLostError(this.hold.name));
  }

  /** Never rejects: a lock that cannot be released lapses. */
  async release(): Promise<void> {
    this.end();
    if (this.lost.aborted) return;
    try {
      await this.keeper.release(this.hold);
    } catch (error) {
      this.logger.warn('the lock could not be released, it will lapse', { lock: this.hold.name, err: error });
    }
  }

  private end(): void {
    this.over = true;
    clearTimeout(this.next);
    clearTimeout(this.lapse);
  }

  private arm(inMs: number): void {
    this.next = setTimeout(() => void this.renew(), inMs);
  }

  /** A renewal may fail, or hang, until it is too late. */
  private watchLapse(): void {
    clearTimeout(this.lapse);
    this.lapse = setTimeout(() => {
      this.logger.error('the lock could not be renewed in time', { lock: this.hold.name, fence: this.hold.fence });
      this.giveUp();
    }, this.lapsesAtMs - this.clock.now());
  }

  private async renew(): Promise<void> {
    const { ttlMs, onRenewed } = this.options;
    const askedAtMs = this.clock.now();
    let nextInMs = ttlMs / 3;
    try {
      const renewed = await this.keeper.renew(this.hold, ttlMs);
      // The lock was released meanwhile; a late renewal cannot take that back.
      if (this.over) return;
      if (!renewed) {
        this.logger.error('the lock was lost', { lock: this.hold.name, fence: this.hold.fence });
        this.giveUp();
        return;
      }
      this.lapsesAtMs = askedAtMs + ttlMs;
      this.watchLapse();
      onRenewed(this.leaseUntil);
    } catch (error) {
      if (this.over) return;
      // Redis may be away for a moment: the lock stands until it lapses.
      this.logger.warn('the lock could not be renewed, trying again', { lock: this.hold.name, err: error });
      nextInMs = ttlMs / 20;
    }
    this.arm(nextInMs);
  }
}
