import { InstanceStoreModule } from '@app/instance-store';
import { NovitaClientModule } from '@app/novita-client';
import { Settings } from '@app/platform';
import { RedisConnections } from '@app/redis';
import { Module } from '@nestjs/common';
import { AutoStopMetrics } from './auto-stop-metrics.js';
import { AutoStopOptions, autoStopOptionsOf } from './auto-stop-options.js';
import { AutoStopCheck } from './check/auto-stop-check.js';
import { AutoStopCommands } from './check/auto-stop-commands.port.js';
import { CandidateHandler } from './check/candidate-handler.js';
import { ProviderSigns } from './check/provider-signs.js';
import { Suspension } from './check/suspension.js';
import { ComposedAutoStopCommands } from './commands/composed-auto-stop-commands.js';
import { Leases } from './commands/leases.js';
import { AutoStopGauges } from './health/auto-stop-gauges.js';
import { AutoStopIndicator } from './health/auto-stop-indicator.js';
import { FleetHistory } from './history/fleet-history.port.js';
import { MemoryRulesMark } from './rules/memory-rules-mark.js';
import { RedisRulesMark } from './rules/redis-rules-mark.js';
import { RulesMark } from './rules/rules-mark.port.js';
import { RulesReports } from './rules/rules-reports.js';
import { SPEND_PROVIDERS } from './spend/spend.providers.js';
import { SpendOptions } from './spend/spend-options.js';
import { SpendReports } from './spend/spend-report.port.js';
import { AutoStopStatsStore } from './stats/auto-stop-stats-store.port.js';
import { MemoryAutoStopStatsStore } from './stats/memory-auto-stop-stats-store.js';
import { ReadStats } from './stats/read-stats.js';
import { RedisAutoStopStatsStore } from './stats/redis-auto-stop-stats-store.js';

/**
 * Leases, explanations, statistics, dry runs and spend reports: what an API process needs. Runs no job. Needs the platform, the jobs
 * module and `FleetPicture`, all global.
 */
@Module({
  imports: [InstanceStoreModule, NovitaClientModule],
  providers: [
    { provide: AutoStopOptions, useFactory: autoStopOptionsOf, inject: [Settings] },
    {
      provide: AutoStopStatsStore,
      useFactory: (connections: RedisConnections | null, settings: Settings): AutoStopStatsStore =>
        connections === null
          ? new MemoryAutoStopStatsStore()
          : new RedisAutoStopStatsStore(connections, settings.REDIS_KEY_PREFIX),
      inject: [RedisConnections, Settings],
    },
    {
      provide: RulesMark,
      useFactory: (connections: RedisConnections | null, settings: Settings): RulesMark =>
        connections === null ? new MemoryRulesMark() : new RedisRulesMark(connections, settings.REDIS_KEY_PREFIX),
      inject: [RedisConnections, Settings],
    },
    { provide: AutoStopCommands, useClass: ComposedAutoStopCommands },
    AutoStopCheck,
    AutoStopGauges,
    AutoStopIndicator,
    AutoStopMetrics,
    CandidateHandler,
    Leases,
    ProviderSigns,
    ReadStats,
    RulesReports,
    Suspension,
    ...SPEND_PROVIDERS,
  ],
  exports: [
    AutoStopCheck,
    AutoStopCommands,
    AutoStopOptions,
    AutoStopStatsStore,
    FleetHistory,
    RulesMark,
    RulesReports,
    SpendOptions,
    SpendReports,
  ],
})
export class AutoStopModule {}
