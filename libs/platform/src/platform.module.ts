import { type DynamicModule, Global, Module } from '@nestjs/common';
import { HealthModule } from './health/health.module.js';
import { IdGenerator } from './ids/id-generator.port.js';
import { UlidGenerator } from './ids/ulid-generator.js';
import { LoggingModule } from './logging/logging.module.js';
import type { LogDestination } from './logging/root-logger.js';
import { HttpMetrics } from './metrics/http-metrics.js';
import { MetricsRegistry } from './metrics/metrics-registry.js';
import { ProblemsModule } from './problems/problems.module.js';
import { ProcessIdentity } from './process-identity.js';
import type { Settings } from './settings/settings.js';
import { SettingsModule } from './settings/settings.module.js';
import { ConnectionDraining } from './shutdown/connection-draining.js';
import { ProcessEnd } from './shutdown/end-on-signal.js';
import { ShutdownProgress } from './shutdown/shutdown-progress.js';
import { Clock } from './time/clock.port.js';
import { SystemClock } from './time/system-clock.js';

export interface PlatformOptions {
  /** `api`, `worker`, `standalone`: stands in every log record. */
  readonly processName: string;
  /** Read from the environment and `.env` when left out. */
  readonly settings?: Settings;
  /** Standard output when left out. */
  readonly logDestination?: LogDestination;
}

/** What every process of this project stands on; global, imported once by each application. */
@Global()
@Module({
  providers: [
    { provide: Clock, useClass: SystemClock },
    { provide: IdGenerator, useClass: UlidGenerator },
    MetricsRegistry,
    HttpMetrics,
    ConnectionDraining,
    ShutdownProgress,
    ProcessEnd,
  ],
  exports: [Clock, IdGenerator, MetricsRegistry, ProcessEnd, ShutdownProgress],
})
export class PlatformModule {
  static forRoot({ processName, settings, logDestination }: PlatformOptions): DynamicModule {
    const settingsModule = SettingsModule.forRoot(settings);
    // Nest awaits it when the application is made and reports what it throws; until then nobody listens.
    settingsModule.catch(() => undefined);
    return {
      module: PlatformModule,
      providers: [{ provide: ProcessIdentity, useFactory: () => new ProcessIdentity(processName) }],
      exports: [ProcessIdentity],
      imports: [
        settingsModule,
        LoggingModule.forRoot({
          processName,
          ...(logDestination === undefined ? {} : { destination: logDestination }),
        }),
        ProblemsModule,
        HealthModule,
      ],
    };
  }
}
