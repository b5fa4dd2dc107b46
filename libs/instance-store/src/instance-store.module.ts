import { Clock, LockKeeper, MemoryLockKeeper, RedisConnections, Settings } from '@app/platform';
import { Global, Module } from '@nestjs/common';
import { idleRulesOf } from './idle/idle-clock.js';
import { InstanceGauge } from './instance-gauge.js';
import { InstanceStore } from './instance-store.port.js';
import { MemoryInstanceStore } from './memory/memory-instance-store.js';
import { RedisInstanceStore } from './redis/redis-instance-store.js';

/** Provides `InstanceStore`: in Redis when one is configured, else in the memory of this process. */
@Global()
@Module({
  providers: [
    {
      provide: InstanceStore,
      useFactory: (
        connections: RedisConnections | null,
        settings: Settings,
        clock: Clock,
        locks: LockKeeper,
      ): InstanceStore => {
        const rules = idleRulesOf(settings);
        const confirmPatienceMs = settings.CONFIRM_PATIENCE;
        return connections === null
          ? new MemoryInstanceStore(clock, {
              rules,
              confirmPatienceMs,
              ...(locks instanceof MemoryLockKeeper ? { locks } : {}),
            })
          : new RedisInstanceStore(connections.commands, clock, {
              keyPrefix: settings.REDIS_KEY_PREFIX,
              rules,
              confirmPatienceMs,
            });
      },
      inject: [RedisConnections, Settings, Clock, LockKeeper],
    },
    InstanceGauge,
  ],
  exports: [InstanceStore],
})
export class InstanceStoreModule {}
