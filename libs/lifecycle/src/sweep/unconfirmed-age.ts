import { InstanceStore } from '@app/instance-store';
import { Clock, msFromTimestamp } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { LifecycleMetrics } from '../reconcile/reconcile-metrics.js';

/** Enough to find the oldest in any fleet in which this number is worth looking at. */
const LOOKED_AT = 200;

/** Measures how long the oldest stop or delete has been waiting for the provider's agreement. */
@Injectable()
export class UnconfirmedAge {
  constructor(
    private readonly store: InstanceStore,
    private readonly clock: Clock,
    private readonly metrics: LifecycleMetrics,
  ) {}

  /** One read of a bounded page. Every process measures for itself, so that no stale figure stays behind. */
  async measure(): Promise<void> {
    const { instances } = await this.store.list({
      limit: LOOKED_AT,
      statuses: ['stopping', 'deleting', 'failed'],
      sort: '-createdAt',
    });
    const wishedAt = instances.flatMap(({ record }) =>
      record.confirmedAt === null && record.desired.state !== 'running' ? [msFromTimestamp(record.desired.at)] : [],
    );
    const oldest = Math.min(this.clock.now(), ...wishedAt);
    this.metrics.setUnconfirmedAge((this.clock.now() - oldest) / 1_000);
  }
}
