import { Settings } from '@app/platform';
import { RedisConnections } from '@app/redis';
import type { Provider } from '@nestjs/common';
import { FleetHistory } from '../history/fleet-history.port.js';
import { FleetSampler } from '../history/fleet-sampler.js';
import { MemoryFleetHistory } from '../history/memory-fleet-history.js';
import { RedisFleetHistory } from '../history/redis-fleet-history.js';
import { IdleCosts } from './idle-cost.js';
import { SpendAccrual } from './spend-accrual.processor.js';
import { SpendGauges } from './spend-gauges.js';
import { SpendLimitWatch } from './spend-limit-watch.js';
import { SpendOptions, spendOptionsOf } from './spend-options.js';
import { SpendReadings } from './spend-readings.js';
import { SpendReports } from './spend-report.port.js';
import { SpendSchedule } from './spend-schedule.js';
import { StoredSpendReports } from './stored-spend-reports.js';

/** Reports, the history, the limit and metrics: in every process. */
export const SPEND_PROVIDERS: Provider[] = [
  { provide: SpendOptions, useFactory: spendOptionsOf, inject: [Settings] },
  {
    provide: FleetHistory,
    useFactory: (connections: RedisConnections | null, settings: Settings): FleetHistory =>
      connections === null ? new MemoryFleetHistory() : new RedisFleetHistory(connections, settings.REDIS_KEY_PREFIX),
    inject: [RedisConnections, Settings],
  },
  { provide: SpendReports, useClass: StoredSpendReports },
  SpendGauges,
  SpendReadings,
];

/** Booking, sampling and watching the limit: in workers. */
export const SPEND_WORKER_PROVIDERS: Provider[] = [
  FleetSampler,
  IdleCosts,
  SpendAccrual,
  SpendLimitWatch,
  SpendSchedule,
];
