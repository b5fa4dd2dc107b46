import { randomUUID } from 'node:crypto';
import { type Clock, timestampFromMs } from '@app/platform';
import { Injectable } from '@nestjs/common';
import {
  LeaseKeeper,
  type LockAcquisition,
  type LockClaim,
  type LockHold,
  type LockHolder,
  LockKeeper,
} from './locks.port.js';

interface HeldLock {
  readonly hold: LockHold;
  readonly owner: string;
  readonly purpose: string;
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** Locks within one process. */
@Injectable()
export class MemoryLockKeeper extends LockKeeper {
  private readonly held = new Map<string, HeldLock>();
  /** Never forgotten, so that fences grow over every loss of a lock; there are as many as there are names of locks. */
  private readonly fences = new Map<string, number>();

  constructor(private readonly clock: Clock) {
    super();
  }

  override acquire(name: string, { owner, purpose, ttlMs }: LockClaim): Promise<LockAcquisition> {
    const known = this.current(name);
    if (known !== null) return Promise.resolve({ acquired: false, holder: this.shown(known) });
    const fence = (this.fences.get(name) ?? 0) + 1;
    this.fences.set(name, fence);
    const hold = { name, fence, token: `${fence}-${randomUUID()}` };
    const sinceMs = this.clock.now();
    this.held.set(name, { hold, owner, purpose, sinceMs, untilMs: sinceMs + Math.ceil(ttlMs) });
    return Promise.resolve({ acquired: true, hold });
  }

  override renew(hold: LockHold, ttlMs: number): Promise<boolean> {
    const known = this.current(hold.name);
    if (known?.hold.token !== hold.token) return Promise.resolve(false);
    this.held.set(hold.name, { ...known, untilMs: this.clock.now() + Math.ceil(ttlMs) });
    return Promise.resolve(true);
  }

  override release(hold: LockHold): Promise<boolean> {
    return Promise.resolve(this.holds(hold) && this.held.delete(hold.name));
  }

  override holder(name: string): Promise<LockHolder | null> {
    const known = this.current(name);
    return Promise.resolve(known === null ? null : this.shown(known));
  }

  /** Whether this acquisition still holds its lock; at once, so that a write in memory can ask and write in one turn. */
  holds(hold: LockHold): boolean {
    return this.current(hold.name)?.hold.token === hold.token;
  }

  private current(name: string): HeldLock | null {
    const known = this.held.get(name);
    return known === undefined || known.untilMs <= this.clock.now() ? null : known;
  }

  private shown({ owner, purpose, hold, sinceMs, untilMs }: HeldLock): LockHolder {
    const remainingMs = untilMs - this.clock.now();
    return { owner, purpose, fence: hold.fence, since: timestampFromMs(sinceMs), remainingMs };
  }
}

/** Leases within one process. */
@Injectable()
export class MemoryLeaseKeeper extends LeaseKeeper {
  private readonly heldUntil = new Map<string, number>();

  constructor(private readonly clock: Clock) {
    super();
  }

  override tryAcquire(name: string, ttlMs: number): Promise<boolean> {
    const now = this.clock.now();
    for (const [held, until] of this.heldUntil) if (until <= now) this.heldUntil.delete(held);
    if (this.heldUntil.has(name)) return Promise.resolve(false);
    this.heldUntil.set(name, now + Math.ceil(ttlMs));
    return Promise.resolve(true);
  }
}
