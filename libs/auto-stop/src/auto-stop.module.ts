import { HeldStops, IdleSettings, InstanceStoreModule } from '@app/instance-store';
import { ScheduleSettings } from '@app/jobs';
import { NovitaClientModule } from '@app/novita-client';
import { RedisConnections, RedisSettings } from '@app/redis';
import { UtilisationModule } from '@app/utilisation';
import { Global, Module } from '@nestjs/common';
import { AutoStopCheck } from './check/auto-stop-check.js';
import { AutoStopCheckProcessor } from './check/auto-stop-check.processor.js';
import { CandidateHandler } from './check/candidate-handler.js';
import { CheckSchedule, CheckTrigger } from './check/check-trigger.js';
import { HeldStopJudge } from './check/held-stop-judge.js';
import { IdleAudit, IdleAuditTimer, LostCheck } from './check/idle-audit.js';
import { ProviderSignals } from './check/provider-signals.js';
import { StopClaims } from './check/stop-claims.js';
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
    StopClaims,
    Suspension,
  ],
  exports: [
    AutoStopCheck,
    AutoStopOptions,
    AutoStopStatistics,
    CandidateHandler,
    CheckRecorder,
    CheckTrigger,
    IdleExplanations,
    Leases,
    RulesMark,
    RulesReports,
    Suspension,
  ],
})
export class AutoStopModule {}

/**
 * What carries auto-stop out: the check with its schedule, the audit of both, and stops that were held, with which the life
 * cycle goes on by the port. For workers only.
 */
@Global()
@Module({
  imports: [AutoStopModule, InstanceStoreModule],
  providers: [
    ApplyRules,
    AutoStopCheckProcessor,
    CheckSchedule,
    { provide: HeldStops, useClass: HeldStopJudge },
    IdleAudit,
    IdleAuditTimer,
    LostCheck,
  ],
  exports: [HeldStops],
})
export class AutoStopWorkerModule {}
