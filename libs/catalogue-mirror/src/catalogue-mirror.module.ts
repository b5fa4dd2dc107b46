import { QuarantineReporter, RedisConnections, RedisSettings } from '@app/redis';
import { Logger, Module } from '@nestjs/common';
import { CatalogueMirror } from './catalogue-mirror.js';
import { MemoryCatalogueMirror } from './memory-catalogue-mirror.js';
import { RedisCatalogueMirror } from './redis-catalogue-mirror.js';

/** Provides `CatalogueMirror`: shared through Redis, or the process's own where there is none. Needs the platform module, which is global. */
@Module({
  providers: [
    {
      provide: CatalogueMirror,
      inject: [RedisSettings, RedisConnections, QuarantineReporter],
      useFactory: mirrorFromSettings,
    },
  ],
  exports: [CatalogueMirror],
})
export class CatalogueMirrorModule {}

function mirrorFromSettings(
  settings: RedisSettings,
  connections: RedisConnections | null,
  quarantine: QuarantineReporter,
): CatalogueMirror {
  const logger = new Logger('CatalogueMirror');
  const warn = (message: string): void => logger.warn(message);
  if (connections === null) return new MemoryCatalogueMirror(warn);
  const report = quarantine.report.bind(quarantine);
  return new RedisCatalogueMirror(() => connections.commands, settings.REDIS_KEY_PREFIX, warn, report);
}
