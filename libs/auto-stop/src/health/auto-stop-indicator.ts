import { Clock, type HealthDetails, HealthIndicatorRegistry, msFromTimestamp } from '@app/platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AutoStopOptions, Suspension } from '../options/auto-stop-options.js';
import { AutoStopStatsStore } from '../stats/auto-stop-stats-store.js';

/** Without a check for more intervals than this, auto-stop is degraded. */
const INTERVALS = 3;
/** A process that has just started waits this long for its first sync before a suspension makes it degraded. */
const START_MS = 60_000;

/** Shows whether idle instances are checked and stopped. One small read. */
@Injectable()
export class AutoStopIndicator implements OnModuleInit {
  private bornAt = 0;

  constructor(
    private readonly stats: AutoStopStatsStore,
    private readonly suspension: Suspension,
    private readonly clock: Clock,
    private readonly options: AutoStopOptions,
    private readonly registry: HealthIndicatorRegistry,
  ) {}

  onModuleInit(): void {
    this.bornAt = this.clock.now();
    this.registry.register({ name: 'autoStop', needed: false, check: () => this.details() });
  }

  private async details(): Promise<HealthDetails> {
    const { rules, intervalMs, maxStalenessMs } = this.options;
    if (!rules.enabled) return { enabled: false };
    const { lastRun } = await this.stats.read();
    const now = this.clock.now();
    const lastMs = lastRun === null ? null : msFromTimestamp(lastRun.endedAt);
    const why = this.suspension.reason();
    const isOverdue = now - Math.max(this.bornAt, lastMs ?? 0) > INTERVALS * intervalMs;
    const hasStarted = now - this.bornAt > Math.min(START_MS, maxStalenessMs);
    const trouble = isOverdue
      ? 'no check for idle instances for more than three intervals'
      : why !== null && hasStarted
        ? `idle instances are not stopped: ${why}`
        : null;
    return {
      enabled: true,
      ...(lastMs === null ? {} : { lastCheckAgeSeconds: Math.max(0, Math.round((now - lastMs) / 1_000)) }),
      suspended: why !== null,
      ...(trouble === null ? {} : { degraded: trouble }),
    };
  }
}
