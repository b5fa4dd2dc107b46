import { HeldSpendStops, IdleSettings, InstanceRecords, InstanceStoreModule, idleRulesOf } from '@app/instance-store';
import { ScheduleSettings } from '@app/jobs';
import { NovitaClientModule } from '@app/novita-client';
import { Clock } from '@app/platform';
import { RedisConnections, RedisSettings } from '@app/redis';
import { Global, Module } from '@nestjs/common';
import {
  FleetSampler,
  HistorySampler,
  SettledEnforcement,
  SpendAccrual,
  SpendSchedule,
} from './accrual/spend-accrual.processor.js';
import { SpendLimitWatch } from './accrual/spend-limit-watch.js';
import { BillCheck } from './bill/bill-check.js';
import { BillCheckProcessor, BillSchedule } from './bill/bill-check.processor.js';
import { BillGauge, BillTrigger } from './bill/bill-reports.js';
import { BillStore, MemoryBillStore, RedisBillStore } from './bill/bill-store.js';
import { HeldSpendStopJudge, SpendEnforcement } from './enforce/spend-enforcement.js';
import { SpendStopClaims, SpendStopMetrics } from './enforce/spend-stop-claims.js';
import { SpendStopPlan } from './enforce/spend-stop-plan.js';
import { FleetHistory, MemoryFleetHistory, RedisFleetHistory } from './history/fleet-history.js';
import { RunningCosts } from './idle/idle-cost.js';
import { IdleCostStore, MemoryIdleCostStore, RedisIdleCostStore } from './idle/idle-cost-store.js';
import { SpendSettings } from './limits/spend.settings.js';
import { SpendOptions, spendOptionsOf } from './limits/spend-options.js';
import { SpendDays } from './reports/spend-days.js';
import { SpendGauges } from './reports/spend-gauges.js';
import { SpendReadings, SpendReports } from './reports/spend-reports.js';
import { SpentToday } from './reports/spent-today.js';

/**
 * Reports, the history of the fleet, the limit of creates and metrics: for every process. Runs no job. Needs the platform, the jobs
 * module and `FleetFreshness`, all global.
 */
@Module({
  imports: [InstanceStoreModule],
  providers: [
    { provide: SpendOptions, useFactory: spendOptionsOf, inject: [SpendSettings, ScheduleSettings] },
    {
      provide: FleetHistory,
      useFactory: (connections: RedisConnections | null, settings: RedisSettings): FleetHistory =>
        connections === null ? new MemoryFleetHistory() : new RedisFleetHistory(connections, settings.REDIS_KEY_PREFIX),
      inject: [RedisConnections, RedisSettings],
    },
    {
      provide: IdleCostStore,
      useFactory: (connections: RedisConnections | null, settings: RedisSettings): IdleCostStore =>
        connections === null
          ? new MemoryIdleCostStore()
          : new RedisIdleCostStore(connections, settings.REDIS_KEY_PREFIX),
      inject: [RedisConnections, RedisSettings],
    },
    {
      provide: BillStore,
      useFactory: (connections: RedisConnections | null, settings: RedisSettings): BillStore =>
        connections === null ? new MemoryBillStore() : new RedisBillStore(connections, settings.REDIS_KEY_PREFIX),
      inject: [RedisConnections, RedisSettings],
    },
    BillGauge,
    BillTrigger,
    SpendDays,
    SpendGauges,
    SpendReadings,
    SpendReports,
    SpendStopPlan,
    SpentToday,
  ],
  exports: [
    BillStore,
    BillTrigger,
    FleetHistory,
    IdleCostStore,
    SpendDays,
    SpendOptions,
    SpendReports,
    SpendStopPlan,
    SpentToday,
  ],
})
export class SpendModule {}

/**
 * The job that accrues, samples, and watches and enforces the limits; the check of Novita's bill; and stops of a limit that were held, with which the life
 * cycle goes on by the port. For workers only; needs the jobs module, which is global.
 */
@Global()
@Module({
  imports: [SpendModule, InstanceStoreModule, NovitaClientModule],
  providers: [
    BillCheck,
    BillCheckProcessor,
    BillSchedule,
    {
      provide: RunningCosts,
      useFactory: (records: InstanceRecords, clock: Clock, settings: IdleSettings) =>
        new RunningCosts(records, clock, idleRulesOf(settings)),
      inject: [InstanceRecords, Clock, IdleSettings],
    },
    FleetSampler,
    { provide: HeldSpendStops, useClass: HeldSpendStopJudge },
    HistorySampler,
    SettledEnforcement,
    SpendAccrual,
    SpendEnforcement,
    SpendLimitWatch,
    SpendSchedule,
    SpendStopClaims,
    SpendStopMetrics,
  ],
  exports: [HeldSpendStops],
})
export class SpendWorkerModule {}
