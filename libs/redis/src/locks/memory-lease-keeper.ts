import { type Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';

import { LeaseKeeper } from './lease-keeper.port.js';

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
