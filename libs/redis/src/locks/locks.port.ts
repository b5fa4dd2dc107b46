import type { Timestamp } from '@app/platform';

/** Proof of holding a lock. Every write made under the lock carries it, and is refused once it has been lost. */
export interface LockHold {
  readonly name: string;
  /** Grows with every acquisition, whoever makes it. */
  readonly fence: number;
  /** Names this acquisition alone; it begins with the fence. */
  readonly token: string;
}

export interface LockHolder {
  /** Who holds it, in words: process, host and pid. */
  readonly owner: string;
  /** The purpose, in a few characters of the holder's choice, such as the id of a run. */
  readonly purpose: string;
  readonly fence: number;
  readonly since: Timestamp;
  /** Until it lapses unless it is renewed, in milliseconds. */
  readonly remainingMs: number;
}

/** Who asks for a lock, and for how long it is to outlive its last renewal. */
export interface LockClaim {
  readonly owner: string;
  readonly purpose: string;
  readonly ttlMs: number;
}

export type LockAcquisition =
  | { readonly acquired: true; readonly hold: LockHold }
  | { readonly acquired: false; readonly holder: LockHolder };

/** Thrown by a write whose lock has lapsed or belongs to somebody else by now; nothing was written. */
export class LockLostError extends Error {
  override readonly name = 'LockLostError';

  constructor(readonly lock: string) {
    super(`the lock "${lock}" was lost; nothing was written`);
  }
}

/**
 * A lock for work that takes a while: it lapses unless it is renewed, only its owner can release it, and it hands out
 * fencing numbers, so that a holder that was paused cannot write after the next one has begun.
 */
export abstract class LockKeeper {
  abstract acquire(name: string, claim: LockClaim): Promise<LockAcquisition>;

  /** @returns false when it is no longer held: whoever renews must stop at once */
  abstract renew(hold: LockHold, ttlMs: number): Promise<boolean>;

  /** @returns false when it was not held any more */
  abstract release(hold: LockHold): Promise<boolean>;

  /** Null when nobody holds it. */
  abstract holder(name: string): Promise<LockHolder | null>;
}

/** A short, named right to do something that one process at a time should do. It lapses by itself. */
export abstract class LeaseKeeper {
  /**
   * @param ttlMs how long the lease lasts; it is not renewed
   * @returns whether this caller now holds it
   */
  abstract tryAcquire(name: string, ttlMs: number): Promise<boolean>;
}
