import { JobsModule, WorkerPresence } from '@app/jobs';
import { type HealthDetails, HealthIndicatorRegistry, MetricsController } from '@app/platform';
import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { SyncApiModule } from '../sync/sync.module.js';
import { ApiHealthController } from './health.controller.js';

/**
 * Shows whether any worker process is alive. One small read. An API without one is as well as an API can be, so this makes
 * no status worse: commands are accepted, and carried out when a worker starts.
 */
@Injectable()
export class WorkerIndicator implements OnModuleInit {
  constructor(
    private readonly workers: WorkerPresence,
    private readonly registry: HealthIndicatorRegistry,
  ) {}

  onModuleInit(): void {
    this.registry.register({ name: 'workers', needed: false, check: () => this.details() });
  }

  /** @returns nothing more than that it is checked while the store cannot be asked, which has an indicator of its own */
  private async details(): Promise<HealthDetails> {
    try {
      return { alive: await this.workers.isAnyAlive() };
    } catch {
      return {};
    }
  }
}

/** Health under /api, and the metrics; /health itself comes with the platform. */
@Module({
  imports: [JobsModule, SyncApiModule],
  controllers: [ApiHealthController, MetricsController],
  providers: [WorkerIndicator],
})
export class ApiHealthModule {}
