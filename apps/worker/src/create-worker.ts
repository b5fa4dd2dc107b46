import {
  type ApiKey,
  ApiKeyRing,
  ApiKeysFile,
  Clock,
  createHttpAdapter,
  HealthIndicatorRegistry,
  HttpSettings,
  MetricsController,
  MetricsRegistry,
  metricsAuth,
  PlatformModule,
  type PlatformOptions,
  StartError,
} from '@app/platform';
import { RedisModule, RedisSettings } from '@app/redis';
import { type DynamicModule, type FactoryProvider, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** A worker without Redis would have nothing to work on: no API could hand it anything. */
class RedisNeededError extends StartError {
  override readonly name = 'RedisNeededError';

  constructor() {
    super(
      'A worker takes its jobs from Redis: set REDIS_URL (or UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN). ' +
        'To run everything in one process without Redis, use the standalone application (npm start).',
    );
  }
}

/**
 * The worker, configured and not yet running: it takes jobs once it is initialised, which listening does.
 *
 * @throws RedisNeededError, InvalidSettingsError, RedisUnavailableError
 */
export async function createWorker(options: WorkerModuleOptions): Promise<NestFastifyApplication> {
  if (options.settings.get(RedisSettings).redisUrl === null) throw new RedisNeededError();
  return NestFactory.create<NestFastifyApplication>(WorkerModule.forRoot(options), createHttpAdapter(), {
    bodyParser: false,
    bufferLogs: true,
    autoFlushLogs: false,
    abortOnError: false,
  });
}

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
class WorkerModule {
  static forRoot({ keys, workers, ...platform }: WorkerModuleOptions): DynamicModule {
    return {
      module: WorkerModule,
      imports: [PlatformModule.forRoot(platform), RedisModule, ...workers],
      controllers: [MetricsController],
      providers: [
        { provide: ApiKeyRing, inject: [Clock], useFactory: (clock: Clock) => new ApiKeyRing(keys, clock) },
        keysFile(keys),
        metricsAuth,
      ],
    };
  }
}

function keysFile(keys: readonly ApiKey[]): FactoryProvider<ApiKeysFile> {
  return {
    provide: ApiKeysFile,
    inject: [ApiKeyRing, HttpSettings, HealthIndicatorRegistry, MetricsRegistry],
    useFactory: (ring: ApiKeyRing, settings: HttpSettings, health: HealthIndicatorRegistry, metrics: MetricsRegistry) =>
      new ApiKeysFile(ring, keys, settings, health, metrics),
  };
}
