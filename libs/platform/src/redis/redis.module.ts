import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Settings } from '../settings/settings.js';
import { IoRedisConnections } from './ioredis-connections.js';
import { RedisConnections } from './redis-connections.port.js';

@Global()
@Module({})
export class RedisModule {
  /** Provides `RedisConnections`, already proven to answer, or null when no Redis is configured. */
  static forRoot(processName: string): DynamicModule {
    return {
      module: RedisModule,
      providers: [
        {
          provide: RedisConnections,
          useFactory: (settings: Settings) => connect(settings, processName),
          inject: [Settings],
        },
      ],
      exports: [RedisConnections],
    };
  }
}

async function connect(settings: Settings, processName: string): Promise<RedisConnections | null> {
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
