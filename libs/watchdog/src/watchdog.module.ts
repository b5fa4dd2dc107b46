import { RedisConnections, RedisSettings } from '@app/redis';
import { Module } from '@nestjs/common';
import { WatchdogIndicator } from './watchdog-indicator.js';
import { MemoryWatchdogPresence, RedisWatchdogPresence, WatchdogPresence } from './watchdog-presence.js';

/** What the API knows of a watchdog. The watchdog itself is a process of its own. */
@Module({
  providers: [
    {
      provide: WatchdogPresence,
      inject: [RedisConnections, RedisSettings],
      useFactory: (connections: RedisConnections | null, settings: RedisSettings): WatchdogPresence =>
        connections === null
          ? new MemoryWatchdogPresence()
          : new RedisWatchdogPresence(connections, settings.REDIS_KEY_PREFIX),
    },
    WatchdogIndicator,
  ],
  exports: [WatchdogPresence],
})
export class WatchdogModule {}
