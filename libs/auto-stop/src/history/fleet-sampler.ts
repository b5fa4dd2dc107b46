import { dayOf, InstanceRecords, SpendMeter } from '@app/instance-store';
import { Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { FleetPicture } from '../check/fleet-picture.port.js';
import { IdleCosts } from '../spend/idle-cost.js';
import { AutoStopStatsStore } from '../stats/auto-stop-stats-store.port.js';
import { FleetHistory } from './fleet-history.port.js';
import { runningOf } from './running-of.js';

/** Notes how the fleet stands now and what of it idles, once a listing has completed: before that, 0 would be a claim. */
@Injectable()
export class FleetSampler {
  constructor(
    private readonly records: InstanceRecords,
    private readonly spend: SpendMeter,
    private readonly history: FleetHistory,
    private readonly picture: FleetPicture,
    private readonly idle: IdleCosts,
    private readonly stats: AutoStopStatsStore,
    private readonly clock: Clock,
  ) {}

  /** In proportion to what is up. @throws StoreUnavailableError, the reason of the signal */
  async sample(signal: AbortSignal): Promise<void> {
    if (this.picture.instancesAsOf() === null) return;
    const at = this.clock.timestamp();
    const [counts, { now }] = await Promise.all([this.records.counts(), this.spend.read(dayOf(this.clock.now()))]);
    await this.history.record({ at, running: runningOf(counts), usdPerHour: now.usdPerHour });
    await this.stats.noteIdle(await this.idle.measure(signal));
  }
}
