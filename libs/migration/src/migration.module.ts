import { InstanceStoreModule, MigrationSettings } from '@app/instance-store';
import { NovitaClientModule } from '@app/novita-client';
import { RedisConnections, RedisSettings } from '@app/redis';
import { Module } from '@nestjs/common';
import { CheckSchedule, CheckTrigger } from './check/check-trigger.js';
import { MigrationCheck } from './check/migration-check.js';
import { MigrationCheckProcessor } from './check/migration-check.processor.js';
import { ReclaimedInstances } from './check/reclaimed-instances.js';
import { MigrationOptions, migrationOptionsOf } from './migration-options.js';
import {
  MemoryMigrationStatsStore,
  MigrationStatsStore,
  RedisMigrationStatsStore,
} from './stats/migration-stats-store.js';
import { MigrationGauges, MigrationStatus } from './status/migration-status.js';

/** Status, triggers and dry runs: for every process. Runs no job. Needs the platform and the jobs module, both global. */
@Module({
  imports: [InstanceStoreModule, NovitaClientModule],
  providers: [
    { provide: MigrationOptions, useFactory: migrationOptionsOf, inject: [MigrationSettings] },
    {
      provide: MigrationStatsStore,
      useFactory: (connections: RedisConnections | null, settings: RedisSettings): MigrationStatsStore =>
        connections === null
          ? new MemoryMigrationStatsStore()
          : new RedisMigrationStatsStore(connections, settings.REDIS_KEY_PREFIX),
      inject: [RedisConnections, RedisSettings],
    },
    CheckTrigger,
    MigrationCheck,
    MigrationGauges,
    MigrationStatus,
    ReclaimedInstances,
  ],
  exports: [CheckTrigger, MigrationCheck, MigrationOptions, ReclaimedInstances, MigrationStatsStore, MigrationStatus],
})
export class MigrationModule {}

/** The check with its schedule. For workers only; the migrations themselves are steps of the life cycle. */
@Module({
  imports: [MigrationModule, InstanceStoreModule],
  providers: [CheckSchedule, MigrationCheckProcessor],
})
export class MigrationWorkerModule {}
