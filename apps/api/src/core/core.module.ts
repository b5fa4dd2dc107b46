import { DegradedMode, FleetView } from '@app/instance-store';
import {
  type ApiKey,
  ApiKeyRing,
  ApiKeysFile,
  Clock,
  HealthIndicatorRegistry,
  HttpSettings,
  MetricsRegistry,
  ProblemMappers,
  ProblemRegistry,
} from '@app/platform';
import { FleetKeys, RedisConnections, RedisSettings } from '@app/redis';
import { type DynamicModule, type FactoryProvider, Logger, Module, type OnModuleInit, type Type } from '@nestjs/common';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import { QueueSessions } from './auth/queue-session.js';
import { RateLimiter } from './auth/rate-limiter.js';
import { RequestAuthorizer } from './auth/request-authorizer.js';
import { PROBLEM_FAMILIES } from './errors/api.problems.js';
import { problemOfLibraryError } from './errors/problem-mapping.js';
import { ApiHeaders } from './http/api-headers.js';
import { IdempotencyHooks, problemOfIdempotency } from './http/idempotency.js';
import { IDEMPOTENCY_TIMES, IdempotencyStore, MemoryIdempotencyStore } from './http/idempotency-store.js';
import { HttpPipeline } from './http/pipeline.js';
import { RedisIdempotencyStore } from './http/redis-idempotency-store.js';
import { SseStreams } from './sse/sse-streams.js';

const WINDOW_SECONDS = 60;
/** Keys that are counted at a time. */
const MAX_KEYS = 10_000;
/**
 * Wide: behind a load balancer all clients have one address, and the first view of a new version of the page takes some
 * hundred and fifty requests. Enough for two hundred people who open it in the same minute.
 */
const PUBLIC_REQUESTS_PER_WINDOW = 30_000;
const FAILED_KEYS_PER_WINDOW = 30;

export interface CoreOptions {
  /** The keys that open the API. */
  readonly keys: readonly ApiKey[];
  /** The modules that provide the ports of the libraries, for all features. */
  readonly fleet: readonly Type[];
}

/** The base of every route, without any feature. Global, so that a feature names only the other features that it uses. */
@Module({})
export class CoreModule implements OnModuleInit {
  static forRoot({ keys, fleet }: CoreOptions): DynamicModule {
    return {
      module: CoreModule,
      global: true,
      imports: [...fleet],
      providers: [
        { provide: ApiKeyRing, inject: [Clock], useFactory: (clock: Clock) => new ApiKeyRing(keys, clock) },
        keysFile(keys),
        authorizer,
        idempotencyStore,
        idempotencyHooks,
        HttpPipeline,
        ...SHARED,
      ],
      exports: [...fleet, ...SHARED],
    };
  }

  constructor(
    private readonly mappers: ProblemMappers,
    private readonly registry: ProblemRegistry,
  ) {}

  onModuleInit(): void {
    for (const family of PROBLEM_FAMILIES) this.registry.declare(family);
    this.mappers.register(problemOfIdempotency);
    this.mappers.register(problemOfLibraryError);
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

/** The services that features inject. */
const SHARED: readonly Type[] = [ApiHeaders, QueueSessions, SseStreams];

const authorizer: FactoryProvider<RequestAuthorizer> = {
  provide: RequestAuthorizer,
  inject: [ApiKeyRing, QueueSessions, HttpSettings, RedisSettings, Clock, RedisConnections, DegradedMode, FleetView],
  useFactory: (
    ring: ApiKeyRing,
    sessions: QueueSessions,
    { RATE_LIMIT_PER_MINUTE: perMinute }: HttpSettings,
    { REDIS_KEY_PREFIX: keyPrefix }: RedisSettings,
    clock: Clock,
    connections: RedisConnections | null,
    degraded: DegradedMode,
    fleet: FleetView,
  ) => {
    const own = counter('key', perMinute);
    const limiters = {
      keys: new RateLimiter(keyCounter(connections, { keyPrefix, perMinute }, own), clock, MAX_KEYS, {
        isOn: () => degraded.isOn,
        counter: own,
      }),
      publicRoutes: new RateLimiter(counter('public', PUBLIC_REQUESTS_PER_WINDOW), clock),
      failedKeys: new RateLimiter(counter('failed', FAILED_KEYS_PER_WINDOW), clock),
    };
    return new RequestAuthorizer(ring, sessions, limiters, fleet);
  },
};

/** Shared by all processes through Redis; while Redis is away each process counts by itself. */
function keyCounter(
  connections: RedisConnections | null,
  { keyPrefix, perMinute }: { readonly keyPrefix: string; readonly perMinute: number },
  own: RateLimiterMemory,
): RateLimiterAbstract {
  if (connections === null) return own;
  return new RateLimiterRedis({
    storeClient: connections.commands,
    keyPrefix: new FleetKeys(keyPrefix).rateLimit,
    points: perMinute,
    duration: WINDOW_SECONDS,
    rejectIfRedisNotReady: true,
    insuranceLimiter: own,
  });
}

function counter(keyPrefix: string, points: number): RateLimiterMemory {
  return new RateLimiterMemory({ keyPrefix, points, duration: WINDOW_SECONDS });
}

const idempotencyStore: FactoryProvider<IdempotencyStore> = {
  provide: IdempotencyStore,
  inject: [RedisConnections, RedisSettings, Clock],
  useFactory: (connections: RedisConnections | null, settings: RedisSettings, clock: Clock) =>
    connections === null
      ? new MemoryIdempotencyStore(clock, IDEMPOTENCY_TIMES)
      : new RedisIdempotencyStore(connections.commands, settings.REDIS_KEY_PREFIX, IDEMPOTENCY_TIMES),
};

const idempotencyHooks: FactoryProvider<IdempotencyHooks> = {
  provide: IdempotencyHooks,
  inject: [IdempotencyStore, DegradedMode],
  useFactory: (store: IdempotencyStore, degraded: DegradedMode) =>
    new IdempotencyHooks(store, new Logger('Idempotency'), degraded),
};
