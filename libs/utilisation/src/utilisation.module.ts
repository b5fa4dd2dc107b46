import { NovitaClientModule } from '@app/novita-client';
import { RedisConnections, RedisSettings } from '@app/redis';
import { Module } from '@nestjs/common';
import { NoSharedReadings, RedisSharedReadings, SharedReadings } from './shared-readings.js';
import { UtilisationReader } from './utilisation-reader.js';

/** Provides `UtilisationReader`, one for a process. Needs the platform and the Redis module, which are global. */
@Module({
  imports: [NovitaClientModule],
  providers: [
    {
      provide: SharedReadings,
      useFactory: (connections: RedisConnections | null, settings: RedisSettings): SharedReadings =>
        connections === null ? new NoSharedReadings() : new RedisSharedReadings(connections, settings.REDIS_KEY_PREFIX),
      inject: [RedisConnections, RedisSettings],
    },
    UtilisationReader,
  ],
  exports: [UtilisationReader],
})
export class UtilisationModule {}
