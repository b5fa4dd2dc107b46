import { InstanceStoreModule } from '@app/instance-store';
import { Settings } from '@app/platform';
import { Module } from '@nestjs/common';
import { AuditTimer } from './audit/audit-timer.js';
import { AuditOptions, IdleAudit } from './audit/idle-audit.js';
import { AutoStopModule } from './auto-stop.module.js';
import { AutoStopCheckProcessor } from './check/auto-stop-check.processor.js';
import { CheckSchedule } from './check/check-schedule.js';
import { ApplyRules } from './rules/apply-rules.js';
import { SPEND_WORKER_PROVIDERS } from './spend/spend.providers.js';

/** What carries auto-stop out: the check, its schedule, the audit of both, and the booking of what is spent. For workers only. */
@Module({
  imports: [AutoStopModule, InstanceStoreModule],
  providers: [
    {
      provide: AuditOptions,
      // What it looks for is overdue by a whole AUTO_STOP_INTERVAL.
      useFactory: (settings: Settings): AuditOptions => ({
        intervalMs: Math.max(settings.DEADLINE_SWEEP_INTERVAL, settings.AUTO_STOP_INTERVAL / 5),
      }),
      inject: [Settings],
    },
    ApplyRules,
    AuditTimer,
    AutoStopCheckProcessor,
    CheckSchedule,
    IdleAudit,
    ...SPEND_WORKER_PROVIDERS,
  ],
})
export class AutoStopWorkerModule {}
