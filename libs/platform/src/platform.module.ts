import { type DynamicModule, Global, Module } from '@nestjs/common';
import { FleetId, settleFleetId } from './fleet-id.js';
import { HealthModule } from './health/health.module.js';
import { IdGenerator } from './ids/id-generator.port.js';
import { UlidGenerator } from './ids/ulid-generator.js';
import { LeaseKeeper } from './lease/lease-keeper.port.js';
import { MemoryLeaseKeeper } from './lease/memory-lease-keeper.js';
import { RedisLeaseKeeper } from './lease/redis-lease-keeper.js';
import { LockKeeper } from './lock/lock-keeper.port.js';
import { MemoryLockKeeper } from './lock/memory-lock-keeper.js';
import { RedisLockKeeper } from './lock/redis-lock-keeper.js';
import { LoggingModule } from './logging/logging.module.js';
import type { LogDestination } from './logging/root-logger.js';
import { FleetMetricsTurn } from './metrics/fleet-metrics-turn.js';
import { HttpMetrics } from './metrics/http-metrics.js';
import { MetricsRegistry } from './metrics/metrics-registry.js';
import { ProblemsModule } from './problems/problems.module.js';
import { ProcessIdentity } from './process-identity.js';
import { RedisModule } from './redis/redis.module.js';
import { RedisConnections } from './redis/redis-connections.port.js';
import { Settings } from './settings/settings.js';
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
    FleetMetricsTurn,
    MetricsRegistry,
    HttpMetrics,
    ConnectionDraining,
    ShutdownProgress,
    ProcessEnd,
  ],
  exports: [
    Clock,
    FleetId,
    IdGenerator,
    LeaseKeeper,
    LockKeeper,
    MemoryLockKeeper,
    MetricsRegistry,
    ProcessEnd,
    ShutdownProgress,
  ],
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
        RedisModule.forRoot(processName),
        ProblemsModule,
        HealthModule,
      ],
    };
  }
}
