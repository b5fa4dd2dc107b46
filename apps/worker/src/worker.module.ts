import { type ApiKey, MetricsController, PlatformModule, type PlatformOptions } from '@app/platform';
import { RedisModule } from '@app/redis';
import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { metricsDoorProvider } from './metrics-door.js';

export interface WorkerModuleOptions extends PlatformOptions {
  /** The keys that open /metrics. */
  readonly keys: readonly ApiKey[];
  /** The modules that run jobs, and what they stand on. */
  readonly workers: NonNullable<ModuleMetadata['imports']>;
}

/**
 * The API minus HTTP: the same libraries over the same Redis, with the modules that run jobs instead of the routes. Its
 * small port serves health and metrics only. The API's own modules are left out on purpose, so that a worker can be
 * scaled, drained and killed without a client noticing.
 */
@Module({})
export class WorkerModule {
  static forRoot({ keys, workers, ...platform }: WorkerModuleOptions): DynamicModule {
    return {
      module: WorkerModule,
      imports: [PlatformModule.forRoot(platform), RedisModule, ...workers],
      controllers: [MetricsController],
      providers: [metricsDoorProvider(keys)],
    };
  }
}
