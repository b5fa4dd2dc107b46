import { Clock, MetricsTurn, ProcessIdentity, Settings } from '@app/platform';
import { Global, Module } from '@nestjs/common';
import { IoRedisConnections } from './connections/ioredis-connections.js';
import { RedisConnections } from './connections/redis-connections.port.js';
import { RedisIndicator } from './connections/redis-indicator.js';
import { FleetId, settleFleetId } from './fleet-id.js';
import { FleetMetricsTurn } from './locks/fleet-metrics-turn.js';
import { LeaseKeeper } from './locks/lease-keeper.port.js';
import { LockKeeper } from './locks/lock-keeper.port.js';
import { MemoryLeaseKeeper } from './locks/memory-lease-keeper.js';
import { MemoryLockKeeper } from './locks/memory-lock-keeper.js';
import { RedisLeaseKeeper } from './locks/redis-lease-keeper.js';
import { RedisLockKeeper } from './locks/redis-lock-keeper.js';

/**
 * What processes share: `RedisConnections`, already proven to answer, or null when no Redis is configured, and what
 * rests on nothing else, the locks, the leases and the identity of the fleet. Global, imported once by each application
 * beside `PlatformModule`.
 */
@Global()
@Module({
  providers: [
    {
      provide: RedisConnections,
      useFactory: connect,
      inject: [Settings, ProcessIdentity],
    },
    {
      provide: LeaseKeeper,
      useFactory: (connections: RedisConnections | null, settings: Settings, clock: Clock) =>
        connections === null
          ? new MemoryLeaseKeeper(clock)
          : new RedisLeaseKeeper(connections, settings.REDIS_KEY_PREFIX),
      inject: [RedisConnections, Settings, Clock],
    },
    {
      provide: FleetId,
      useFactory: (connections: RedisConnections | null, settings: Settings) =>
        settleFleetId(settings, connections?.commands ?? null),
      inject: [RedisConnections, Settings],
    },
    { provide: MemoryLockKeeper, useFactory: (clock: Clock) => new MemoryLockKeeper(clock), inject: [Clock] },
    {
      provide: LockKeeper,
      useFactory: (connections: RedisConnections | null, settings: Settings, inMemory: MemoryLockKeeper) =>
        connections === null ? inMemory : new RedisLockKeeper(connections, settings.REDIS_KEY_PREFIX),
      inject: [RedisConnections, Settings, MemoryLockKeeper],
    },
    { provide: MetricsTurn, useClass: FleetMetricsTurn },
    RedisIndicator,
  ],
  exports: [FleetId, LeaseKeeper, LockKeeper, MemoryLockKeeper, MetricsTurn, RedisConnections],
})
export class RedisModule {}

async function connect(settings: Settings, { processName }: ProcessIdentity): Promise<RedisConnections | null> {
  if (settings.redisUrl === null) return null;
  const connections = new IoRedisConnections({
    url: settings.redisUrl,
    processName,
    keyPrefix: settings.REDIS_KEY_PREFIX,
  });
  try {
    // Straight to the terminal: the log is held back until the process has started.
    await connections.verify((line) => process.stdout.write(`${line}\n`));
  } catch (error) {
    await connections.close();
    throw error;
  }
  return connections;
}
