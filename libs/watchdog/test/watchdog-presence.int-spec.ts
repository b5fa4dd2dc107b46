import { StoreUnavailableError } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { IoRedisConnections } from '@app/redis';
import { type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryWatchdogPresence, RedisWatchdogPresence } from '../src/watchdog-presence.js';
import { watchdogPresenceConformance } from './watchdog-presence.conformance.js';

describe('when a watchdog was seen, in memory', () => {
  watchdogPresenceConformance(() => {
    const presence = new MemoryWatchdogPresence();
    return { one: presence, other: presence };
  });
});

describe('when a watchdog was seen, in Redis', () => {
  let server: RedisFixture;
  let connections: IoRedisConnections;
  let prefixes = 0;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    server = await startRedis();
    connections = new IoRedisConnections({ url: server.url, processName: 'test' });
  });
  afterAll(async () => {
    await connections.close();
    await server.stop();
  });

  watchdogPresenceConformance(() => {
    const prefix = `test-${prefixes++}`;
    const make = () => new RedisWatchdogPresence(connections, prefix);
    return { one: make(), other: make() };
  });

  it('forgets one that was switched off, and takes what cannot be read for none', async () => {
    const presence = new RedisWatchdogPresence(connections, 'test-odd');
    await presence.note({ at: timestampFromMs(0), dryRun: true, remembered: 1 });
    const [key = ''] = await connections.commands.keys('{test-odd}*');
    expect(await connections.commands.pttl(key)).toBeGreaterThan(6 * 86_400_000);
    for (const text of ['{', '[]', '{"at":"x","dryRun":true,"remembered":1}']) {
      await connections.commands.set(key, text);
      expect(await presence.latest()).toBeNull();
    }
  });

  it('says that the store is away by its own error', async () => {
    const away = new IoRedisConnections({ url: 'redis://127.0.0.1:1', processName: 'test' });
    await expect(new RedisWatchdogPresence(away, 'x').latest()).rejects.toThrow(StoreUnavailableError);
    await away.close();
  });
});
