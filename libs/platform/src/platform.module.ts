import { type DynamicModule, type FactoryProvider, Global, Module } from '@nestjs/common';
import type { Settings } from './config/settings.js';
import { SettingsModule } from './config/settings.module.js';
import { HealthModule } from './http/health/health.controller.js';
import { HttpMetrics } from './http/metrics/http-metrics.js';
import { MetricsRegistry } from './http/metrics/metrics-registry.js';
import { ProblemsModule } from './http/problems/problem.filter.js';
import { RequestLog } from './http/server/request-log.js';
import { StreamedAnswers } from './http/server/streamed-answers.js';
import { ConnectionDraining } from './http/shutdown/connection-draining.js';
import { ProcessEnd, ShutdownProgress } from './http/shutdown/end-on-signal.js';
import { ShutdownSettings } from './http/shutdown/shutdown.settings.js';
import { IdGenerator, ProcessIdentity, UlidGenerator } from './kernel/ids.js';
import { Clock, SystemClock } from './kernel/time.js';
import { LoggingModule } from './logging/logging.module.js';
import type { LogDestination } from './logging/root-logger.js';
import { Traces } from './tracing/traces.js';
import { TracingSettings } from './tracing/tracing.settings.js';

export interface PlatformOptions {
  /** `api`, `worker`, `standalone`: stands in every log record. */
  readonly processName: string;
  readonly settings: Settings;
  /** Standard output when left out. */
  readonly logDestination?: LogDestination;
}

/** Of the time for shutting down, what the spans that wait may take; what is worth waiting for is sent within seconds. */
const FLUSH_SHARE = 0.1;
const LONGEST_FLUSH_MS = 2_000;

const traces: FactoryProvider<Traces> = {
  provide: Traces,
  inject: [TracingSettings, ProcessIdentity, ShutdownSettings],
  useFactory: async (settings: TracingSettings, identity: ProcessIdentity, { SHUTDOWN_TIMEOUT }: ShutdownSettings) => {
    const made = new Traces(settings, identity, Math.min(LONGEST_FLUSH_MS, SHUTDOWN_TIMEOUT * FLUSH_SHARE));
    await made.start();
    return made;
  },
};

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
    StreamedAnswers,
    RequestLog,
  ],
  exports: [Clock, IdGenerator, MetricsRegistry, ProcessEnd, ShutdownProgress, StreamedAnswers],
})
export class PlatformModule {
  static forRoot({ processName, settings, logDestination }: PlatformOptions): DynamicModule {
    return {
      module: PlatformModule,
      providers: [{ provide: ProcessIdentity, useFactory: () => new ProcessIdentity(processName) }, traces],
      exports: [ProcessIdentity],
      imports: [
        SettingsModule.forRoot(settings),
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
