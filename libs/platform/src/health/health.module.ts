import { Global, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { Draining } from './draining.js';
import { HealthController } from './health.controller.js';
import { HealthIndicatorRegistry } from './health-indicator-registry.js';
import { HealthReporter } from './health-reporter.js';

@Global()
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [Draining, HealthIndicatorRegistry, HealthReporter],
  exports: [Draining, HealthIndicatorRegistry, HealthReporter],
})
export class HealthModule {}
