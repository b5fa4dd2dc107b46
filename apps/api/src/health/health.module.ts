import { JobsModule } from '@app/jobs';
import { MetricsController } from '@app/platform';
import { Module } from '@nestjs/common';
import { ApiHealthController } from './health.controller.js';
import { WorkerIndicator } from './worker-indicator.js';

/** Health under /api, and the metrics; /health itself comes with the platform. */
@Module({ imports: [JobsModule], controllers: [ApiHealthController, MetricsController], providers: [WorkerIndicator] })
export class ApiHealthModule {}
