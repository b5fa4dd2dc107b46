import { DegradedMode } from '@app/instance-store';
import { ApiKeyRing, Clock, Settings } from '@app/platform';
import { FleetKeys, RedisConnections } from '@app/redis';
import type { FactoryProvider } from '@nestjs/common';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import { QueueSessions } from '../queues/queue-sessions.js';
import { Admission } from './admission.js';
import { RequestBudget } from './request-budget.js';

const WINDOW_SECONDS = 60;
/** Keys that are counted at a time. */
const MAX_KEYS = 10_000;
/**
 * Wide: behind a load balancer all clients have one address, and the first view of a new version of the page takes some
 * hundred and fifty requests. Enough for two hundred people who open it in the same minute.
 */
const PUBLIC_REQUESTS_PER_WINDOW = 30_000;
const FAILED_KEYS_PER_WINDOW = 30;

export const admissionProvider: FactoryProvider<Admission> = {
  provide: Admission,
  inject: [ApiKeyRing, QueueSessions, Settings, Clock, RedisConnections, DegradedMode],
  useFactory: (
    ring: ApiKeyRing,
    sessions: QueueSessions,
    settings: Settings,
    clock: Clock,
    connections: RedisConnections | null,
    degraded: DegradedMode,
  ) => {
    const own = counter('key', settings.RATE_LIMIT_PER_MINUTE);
    return new Admission(ring, sessions, {
      keys: new RequestBudget(keyCounter(settings, connections, own), clock, MAX_KEYS, {
        isOn: () => degraded.isOn,
        counter: own,
      }),
      publicRoutes: new RequestBudget(counter('public', PUBLIC_REQUESTS_PER_WINDOW), clock),
      failedKeys: new RequestBudget(counter('failed', FAILED_KEYS_PER_WINDOW), clock),
    });
  },
};

/** Shared by all processes through Redis; while Redis is away each process counts by itself. */
function keyCounter(
  settings: Settings,
  connections: RedisConnections | null,
  own: RateLimiterMemory,
): RateLimiterAbstract {
  if (connections === null) return own;
  return new RateLimiterRedis({
    storeClient: connections.commands,
    keyPrefix: new FleetKeys(settings.REDIS_KEY_PREFIX).rateLimit,
    points: settings.RATE_LIMIT_PER_MINUTE,
    duration: WINDOW_SECONDS,
    rejectIfRedisNotReady: true,
    insuranceLimiter: own,
  });
}

function counter(keyPrefix: string, points: number): RateLimiterMemory {
  return new RateLimiterMemory({ keyPrefix, points, duration: WINDOW_SECONDS });
}
