import { dayOf, InstanceStore } from '@app/instance-store';
import { Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { FleetHistory } from './fleet-history.port.js';
import { runningOf } from './running-of.js';

/** Notes how the fleet stands now. */
@Injectable()
export class FleetSampler {
  constructor(
    private readonly store: InstanceStore,
    private readonly history: FleetHistory,
    private readonly clock: Clock,
  ) {}

  /** Two reads and a write, whatever the fleet's size. @throws StoreUnavailableError */
  async sample(): Promise<void> {
    const at = this.clock.timestamp();
    const [counts, { now }] = await Promise.all([this.store.counts(), this.store.spend(dayOf(this.clock.now()))]);
    await this.history.record({ at, running: runningOf(counts), usdPerHour: now.usdPerHour });
  }
}
