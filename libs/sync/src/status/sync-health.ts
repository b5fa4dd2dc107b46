/** The sync with Novita, its lock and the records as `GET /health` shows them. */
import { InstanceRecords } from '@app/instance-store';
import { ScheduleSettings } from '@app/jobs';
import { Clock, HealthIndicatorRegistry } from '@app/platform';
import { LockKeeper } from '@app/redis';
import { SyncIndicator, SyncLockIndicator, SyncStatusView } from '@app/sync-status';
import { Injectable, type OnModuleInit, type Provider } from '@nestjs/common';
import { SYNC_LOCK } from '../model/sync-run.js';

/** Shows how many records of instances there are, by the counters of the store. */
@Injectable()
export class InstanceCacheIndicator implements OnModuleInit {
  constructor(
    private readonly records: InstanceRecords,
    private readonly registry: HealthIndicatorRegistry,
  ) {}

  onModuleInit(): void {
    this.registry.register({
      name: 'instanceCache',
      needed: false,
      check: async () => ({ size: (await this.records.counts()).total }),
    });
  }
}

export const HEALTH_PROVIDERS: readonly Provider[] = [
  {
    provide: SyncIndicator,
    useFactory: (
      view: SyncStatusView,
      clock: Clock,
      schedule: ScheduleSettings,
      registry: HealthIndicatorRegistry,
    ): SyncIndicator => {
      const { SYNC_ENABLE_AUTOMATIC_SYNC: automatic, SYNC_INTERVAL_MINUTES: intervalMs } = schedule;
      return new SyncIndicator('sync', view, clock, { items: 'instances', automatic, intervalMs }, registry);
    },
    inject: [SyncStatusView, Clock, ScheduleSettings, HealthIndicatorRegistry],
  },
  {
    provide: SyncLockIndicator,
    useFactory: (locks: LockKeeper, clock: Clock, registry: HealthIndicatorRegistry): SyncLockIndicator =>
      new SyncLockIndicator('syncLock', SYNC_LOCK, locks, clock, registry),
    inject: [LockKeeper, Clock, HealthIndicatorRegistry],
  },
  InstanceCacheIndicator,
];
