import { dayOf, InstanceStore } from '@app/instance-store';
import { Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { FleetPicture } from '../check/fleet-picture.port.js';
import { FleetHistory } from './fleet-history.port.js';
import { runningOf } from './running-of.js';

/** Notes how the fleet stands now, once a listing has told it: before that, 0 would be a claim. */
@Injectable()
export class FleetSampler {
  constructor(
    private readonly store: InstanceStore,
    private readonly history: FleetHistory,
    private readonly picture: FleetPicture,
    private readonly clock: Clock,
  ) {}

  /** Two reads and a write, whatever the fleet's size. @throws StoreUnavailableError */
  async sample(): Promise<void> {
    if (this.picture.instancesAsOf() === null) return;
    const at = this.clock.timestamp();
    const [counts, { now }] = await Promise.all([this.store.counts(), this.store.spend(dayOf(this.clock.now()))]);
    await this.history.record({ at, running: runningOf(counts), usdPerHour: now.usdPerHour });
  }
}
