import {
  ChangeFeed,
  FleetEvents,
  InstanceRecords,
  type InstanceStore,
  RedisChangeFeed,
  redisStore,
} from '@app/instance-store';
import { Clock, createHttpAdapter, PlatformLogger, plainApiKey } from '@app/platform';
import { RedisConnections } from '@app/redis';
import { loadSettings } from '@app/settings';
import { MemoryLog, redisAnswers, storeOf } from '@app/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { ApiModule } from '../../src/api.module.js';
import { configureHttp, HTTP_OPTIONS } from '../../src/create-api.js';
import { FLEET_MODULES } from '../../src/fleet-modules.js';
import { KEYS } from './test-api.js';

const KEY_PREFIX = 'test-fleet';
/** Short, so that a lost Redis is noticed within a test. */
const BLOCK_MS = 200;

/** The API as it runs, on a real Redis and a socket of its own, with a feed that may be short. */
export class RedisApi {
  readonly store: InstanceStore;

  private constructor(
    readonly app: NestFastifyApplication,
    readonly url: string,
    readonly log: MemoryLog,
  ) {
    this.store = storeOf(app);
  }

  static async start(redisUrl: string, feedLimit = 10_000): Promise<RedisApi> {
    const log = new MemoryLog();
    const settings = loadSettings({
      NODE_ENV: 'test',
      LOG_LEVEL: 'info',
      REDIS_URL: redisUrl,
      REDIS_KEY_PREFIX: KEY_PREFIX,
      RATE_LIMIT_PER_MINUTE: '100000',
    });
    const keys = (['viewer', 'operator', 'admin'] as const).map((role) => plainApiKey(role, role, KEYS[role]));
    const testing = await Test.createTestingModule({
      imports: [ApiModule.forRoot({ processName: 'api', settings, keys, fleet: FLEET_MODULES, logDestination: log })],
    })
      .overrideProvider(InstanceRecords)
      .useFactory({
        factory: (connections: RedisConnections, clock: Clock) =>
          redisStore(connections.commands, clock, { keyPrefix: KEY_PREFIX, feedLimit }).records,
        inject: [RedisConnections, Clock],
      })
      .overrideProvider(FleetEvents)
      .useFactory({
        factory: (connections: RedisConnections, clock: Clock) =>
          redisStore(connections.commands, clock, { keyPrefix: KEY_PREFIX, feedLimit }).events,
        inject: [RedisConnections, Clock],
      })
      .overrideProvider(ChangeFeed)
      .useFactory({
        factory: (connections: RedisConnections) =>
          new RedisChangeFeed(connections, { keyPrefix: KEY_PREFIX, feedLimit, blockMs: BLOCK_MS }),
        inject: [RedisConnections],
      })
      .compile();
    const app = testing.createNestApplication<NestFastifyApplication>(createHttpAdapter(), HTTP_OPTIONS);
    app.useLogger(app.get(PlatformLogger));
    configureHttp(app);
    await app.listen(0, '127.0.0.1');
    await redisAnswers(app);
    return new RedisApi(app, await app.getUrl(), log);
  }

  async stop(): Promise<void> {
    await this.app.close();
  }
}
