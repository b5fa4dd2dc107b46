import { RedisChangeFeed, redisStore } from '@app/instance-store';
import { IoRedisConnections, RedisLockKeeper } from '@app/redis';
import { FakeClock, type RedisFixture, startRedis, valkeyServer } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MakeStore } from './harness.js';
import { instanceStoreConformance } from './instance-store.conformance.js';

const BINARY = valkeyServer();

describe.skipIf(BINARY === null)(
  `the store, its feed and its locks on Valkey${BINARY === null ? ' (not run: no valkey-server)' : ''}`,
  () => {
    let server: RedisFixture;
    let connections: IoRedisConnections;
    let prefixes = 0;

    beforeAll(async () => {
      Logger.overrideLogger(false);
      server = await startRedis([], BINARY ?? '');
      connections = new IoRedisConnections({ url: server.url, processName: 'test', keyPrefix: 'test' });
    });
    afterAll(async () => {
      await connections.close();
      await server.stop();
    });

    const make = (options: Parameters<MakeStore>[0] = {}): ReturnType<MakeStore> => {
      const clock = new FakeClock();
      const keyPrefix = `test-${prefixes++}`;
      return {
        clock,
        locks: new RedisLockKeeper(connections, keyPrefix),
        feed: new RedisChangeFeed(connections, { keyPrefix, ...options }),
        store: redisStore(connections.commands, clock, { keyPrefix, ...options }),
      };
    };

    it('is proven to be usable at a start', async () => {
      await expect(connections.verify()).resolves.toBeUndefined();
      expect(await connections.commands.info('server')).toContain('valkey_version');
    });

    instanceStoreConformance(make);
  },
);
