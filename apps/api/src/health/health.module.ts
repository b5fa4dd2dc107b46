import { MetricsController } from '@app/platform';
import { Module } from '@nestjs/common';
import { ApiHealthController } from './health.controller.js';

/** Health under /api, and the metrics; /health itself comes with the platform. */
@Module({ controllers: [ApiHealthController, MetricsController] })
export class ApiHealthModule {}
