import { IdleSettings, InstanceStoreModule } from '@app/instance-store';
import { ScheduleSettings } from '@app/jobs';
import { NovitaClientModule } from '@app/novita-client';
import { RedisConnections, RedisSettings } from '@app/redis';
import { UtilisationModule } from '@app/utilisation';
import { Module } from '@nestjs/common';
import { AutoStopCheck } from './check/auto-stop-check.js';
import { AutoStopCheckProcessor } from './check/auto-stop-check.processor.js';
import { CandidateHandler } from './check/candidate-handler.js';
import { CheckSchedule, CheckTrigger } from './check/check-trigger.js';
import { IdleAudit, IdleAuditTimer, LostCheck } from './check/idle-audit.js';
import { ProviderSignals } from './check/provider-signals.js';
import { AutoStopStatistics } from './explain/auto-stop-statistics.js';
import { IdleExplanations } from './explain/idle-explanations.js';
import { AutoStopGauges } from './health/auto-stop-gauges.js';
import { AutoStopIndicator } from './health/auto-stop-indicator.js';
import { Leases } from './leases/leases.js';
import { AutoStopSettings } from './options/auto-stop.settings.js';
import { AutoStopOptions, autoStopOptionsOf, Suspension } from './options/auto-stop-options.js';
import { ApplyRules } from './rules/apply-rules.js';
import { MemoryRulesMark, RedisRulesMark, RulesMark } from './rules/rules-mark.js';
import { RulesReports } from './rules/rules-reports.js';
import {
  AutoStopStatsStore,
  MemoryAutoStopStatsStore,
  RedisAutoStopStatsStore,
} from './stats/auto-stop-stats-store.js';
import { CheckRecorder } from './stats/check-recorder.js';

/**
 * Leases, explanations, statistics and dry runs: for every process. Runs no job. Needs the platform, the jobs module and
 * `FleetFreshness`, all global.
 */
@Module({
  imports: [InstanceStoreModule, NovitaClientModule, UtilisationModule],
  providers: [
    {
      provide: AutoStopOptions,
      useFactory: autoStopOptionsOf,
      inject: [AutoStopSettings, IdleSettings, ScheduleSettings],
    },
    {
      provide: AutoStopStatsStore,
      useFactory: (connections: RedisConnections | null, settings: RedisSettings): AutoStopStatsStore =>
        connections === null
          ? new MemoryAutoStopStatsStore()
          : new RedisAutoStopStatsStore(connections, settings.REDIS_KEY_PREFIX),
      inject: [RedisConnections, RedisSettings],
    },
    {
      provide: RulesMark,
      useFactory: (connections: RedisConnections | null, settings: RedisSettings): RulesMark =>
        connections === null ? new MemoryRulesMark() : new RedisRulesMark(connections, settings.REDIS_KEY_PREFIX),
      inject: [RedisConnections, RedisSettings],
    },
    AutoStopCheck,
    AutoStopGauges,
    AutoStopIndicator,
    AutoStopStatistics,
    CandidateHandler,
    CheckRecorder,
    CheckTrigger,
    IdleExplanations,
    Leases,
    ProviderSignals,
    RulesReports,
    Suspension,
  ],
  exports: [
    AutoStopCheck,
    AutoStopOptions,
    AutoStopStatistics,
    CheckTrigger,
    IdleExplanations,
    Leases,
    RulesMark,
    RulesReports,
  ],
})
export class AutoStopModule {}

/** What carries auto-stop out: the check with its schedule, and the audit of both. For workers only. */
@Module({
  imports: [AutoStopModule, InstanceStoreModule],
  providers: [ApplyRules, AutoStopCheckProcessor, CheckSchedule, IdleAudit, IdleAuditTimer, LostCheck],
})
export class AutoStopWorkerModule {}
