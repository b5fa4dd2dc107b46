import { Clock, type HealthDetails, HealthIndicatorRegistry, msFromTimestamp } from '@app/platform';
import { LockKeeper } from '@app/redis';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SYNC_LOCK } from '../../run/sync-lock.js';

/** Shows who holds the lock of the sync, and for how long already. */
@Injectable()
export class SyncLockIndicator implements OnModuleInit {
  constructor(
    private readonly locks: LockKeeper,
    private readonly clock: Clock,
    private readonly registry: HealthIndicatorRegistry,
  ) {}

  onModuleInit(): void {
    this.registry.register({ name: 'syncLock', needed: false, check: () => this.details() });
  }

  private async details(): Promise<HealthDetails> {
    const holder = await this.locks.holder(SYNC_LOCK);
    if (holder === null) return { held: false };
    const ageMs = Math.max(0, this.clock.now() - msFromTimestamp(holder.since));
    return { held: true, owner: holder.owner, purpose: holder.purpose, ageSeconds: Math.round(ageMs / 1_000) };
  }
}
