/** The lock of the sync, for as long as one run holds it. */
import { Clock, ProcessIdentity } from '@app/platform';
import { HeldLock, type HeldLockOptions, type LockHolder, LockKeeper } from '@app/redis';
import { Injectable } from '@nestjs/common';
import { RunOptions } from '../model/run-options.js';
import { purposeOf, SYNC_LOCK, type SyncOrder } from '../model/sync-run.js';

type TakenLock =
  | { readonly kind: 'held'; readonly lock: HeldLock }
  /** Another run holds it. */
  | { readonly kind: 'busy'; readonly holder: LockHolder };

/** Takes the lock for a run, in the name of this process. */
@Injectable()
export class SyncLock {
  constructor(
    private readonly keeper: LockKeeper,
    private readonly clock: Clock,
    private readonly identity: ProcessIdentity,
    private readonly options: RunOptions,
  ) {}

  /** The lock is renewed from now on, until it is released or lost. */
  async take(order: SyncOrder, onRenewed: HeldLockOptions['onRenewed']): Promise<TakenLock> {
    const { lockTtlMs: ttlMs } = this.options;
    const askedAtMs = this.clock.now();
    const claim = { owner: this.identity.toString(), purpose: purposeOf(order), ttlMs };
    const acquisition = await this.keeper.acquire(SYNC_LOCK, claim);
    if (!acquisition.acquired) return { kind: 'busy', holder: acquisition.holder };
    const lock = new HeldLock(this.keeper, acquisition.hold, this.clock, askedAtMs, { ttlMs, onRenewed });
    lock.keep();
    return { kind: 'held', lock };
  }
}
