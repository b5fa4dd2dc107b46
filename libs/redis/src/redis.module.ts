import { Clock, MetricsTurn, ProcessIdentity, ProcessSettings } from '@app/platform';
import { Global, Module } from '@nestjs/common';
import { IoRedisConnections, RedisConnections } from './connections/ioredis-connections.js';
import { FleetId } from './fleet-id.js';
import { FleetMetricsTurn } from './locks/fleet-metrics-turn.js';
import { LeaseKeeper, LockKeeper } from './locks/locks.port.js';
import { MemoryLeaseKeeper, MemoryLockKeeper } from './locks/memory-locks.js';
import { RedisLeaseKeeper, RedisLockKeeper } from './locks/redis-locks.js';
import { MemoryQuarantine } from './quarantine/memory-quarantine.js';
import { Quarantine } from './quarantine/quarantine.port.js';
import { QuarantineHandlers } from './quarantine/quarantine-handlers.js';
import { QuarantineReport } from './quarantine/quarantine-report.js';
import { QuarantineReporter } from './quarantine/quarantine-reporter.js';
import { RedisQuarantine } from './quarantine/redis-quarantine.js';
import { RedisSettings } from './redis.settings.js';
import { RedisIndicator } from './redis-indicator.js';
import { RedisReadiness } from './redis-readiness.js';

/** Handed out to this module alone; others see `RedisConnections`. */
const CONNECTIONS = Symbol('IoRedisConnections');

/**
 * The state that processes share: `RedisConnections`, proven to answer or held until they are (`RedisReadiness`), or null
 * when no Redis is configured, and what rests on nothing else, the locks, the leases, the quarantine and the identity of the fleet. Global,
 * imported once by each application beside `PlatformModule`.
 */
@Global()
@Module({
  providers: [
    { provide: CONNECTIONS, useFactory: makeConnections, inject: [RedisSettings, ProcessIdentity] },
    { provide: RedisReadiness, useFactory: beginWith, inject: [CONNECTIONS, RedisSettings, ProcessSettings, Clock] },
    {
      provide: RedisConnections,
      // Handed out once it is known whether they are held.
      useFactory: (connections: IoRedisConnections | null, _ready: RedisReadiness) => connections,
      inject: [CONNECTIONS, RedisReadiness],
    },
    {
      provide: LeaseKeeper,
      useFactory: (connections: RedisConnections | null, settings: RedisSettings, clock: Clock) =>
        connections === null
          ? new MemoryLeaseKeeper(clock)
          : new RedisLeaseKeeper(connections, settings.REDIS_KEY_PREFIX),
      inject: [RedisConnections, RedisSettings, Clock],
    },
    { provide: FleetId, useFactory: ({ fleetId }: RedisReadiness) => fleetId, inject: [RedisReadiness] },
    { provide: MemoryLockKeeper, useFactory: (clock: Clock) => new MemoryLockKeeper(clock), inject: [Clock] },
    {
      provide: LockKeeper,
      useFactory: (connections: RedisConnections | null, settings: RedisSettings, inMemory: MemoryLockKeeper) =>
        connections === null ? inMemory : new RedisLockKeeper(connections, settings.REDIS_KEY_PREFIX),
      inject: [RedisConnections, RedisSettings, MemoryLockKeeper],
    },
    { provide: MetricsTurn, useClass: FleetMetricsTurn },
    RedisIndicator,
    {
      provide: Quarantine,
      useFactory: (connections: RedisConnections | null, settings: RedisSettings) =>
        connections === null ? new MemoryQuarantine() : new RedisQuarantine(connections, settings.REDIS_KEY_PREFIX),
      inject: [RedisConnections, RedisSettings],
    },
    QuarantineHandlers,
    QuarantineReporter,
    QuarantineReport,
  ],
  exports: [
    FleetId,
    LeaseKeeper,
    LockKeeper,
    MemoryLockKeeper,
    MetricsTurn,
    Quarantine,
    QuarantineHandlers,
    QuarantineReporter,
    RedisConnections,
    RedisReadiness,
  ],
})
export class RedisModule {}

function makeConnections(settings: RedisSettings, { processName }: ProcessIdentity): IoRedisConnections | null {
  if (settings.redisUrl === null) return null;
  return new IoRedisConnections({ url: settings.redisUrl, processName, keyPrefix: settings.REDIS_KEY_PREFIX });
}

async function beginWith(
  connections: IoRedisConnections | null,
  { FLEET_ID, REDIS_KEY_PREFIX, REDIS_ENABLE_FALLBACK }: RedisSettings,
  { DATA_DIR }: ProcessSettings,
  clock: Clock,
): Promise<RedisReadiness> {
  try {
    return await RedisReadiness.begin({
      connections,
      settings: { FLEET_ID, REDIS_KEY_PREFIX, REDIS_ENABLE_FALLBACK, DATA_DIR },
      now: () => clock.timestamp(),
    });
  } catch (error) {
    await connections?.close();
    throw error;
  }
}
