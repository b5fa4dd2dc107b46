import { Clock, type HealthDetails, HealthIndicatorRegistry, msFromTimestamp, Settings } from '@app/platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { effectiveRun } from '../effective-run.js';
import { SyncStatusView } from '../sync-status-view.js';
import { syncTrouble } from './sync-trouble.js';

/** Shows how the sync stands. Costs no round trip. */
@Injectable()
export class SyncIndicator implements OnModuleInit {
  private bornAt = 0;

  constructor(
    private readonly view: SyncStatusView,
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly registry: HealthIndicatorRegistry,
  ) {}

  onModuleInit(): void {
    this.bornAt = this.clock.now();
    this.registry.register({ name: 'sync', needed: false, check: () => Promise.resolve(this.details()) });
  }

  private details(): HealthDetails {
    const now = this.clock.now();
    const { run: stored, paused } = this.view.current();
    const run = effectiveRun(stored, now);
    const trouble = syncTrouble(
      run,
      {
        automatic: this.settings.SYNC_ENABLE_AUTOMATIC_SYNC,
        intervalMs: this.settings.SYNC_INTERVAL_MINUTES,
        bornAt: this.bornAt,
      },
      now,
    );
    const lastSuccessAt = run.lastSuccess === null ? null : msFromTimestamp(run.lastSuccess.endedAt);
    return {
      state: run.state,
      ...(run.step === null ? {} : { step: run.step }),
      ...(lastSuccessAt === null
        ? {}
        : { lastSuccessAgeSeconds: Math.max(0, Math.round((now - lastSuccessAt) / 1_000)) }),
      held: run.held !== null,
      paused: paused !== null,
      ...(trouble === null ? {} : { degraded: trouble }),
    };
  }
}
