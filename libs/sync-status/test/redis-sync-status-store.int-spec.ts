import { RedisChangeFeed } from '@app/instance-store';
import { IoRedisConnections, type LockHold, RedisLockKeeper } from '@app/redis';
import { FakeClock, type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SourceDescription } from '../src/model/sync-status.js';
import { RedisSyncStatusStore } from '../src/store/redis-sync-status-store.js';
import { aHistoryEntry, aRun, at, KUBERNETES, NOT_STARTED, NOVITA } from './fakes/a-run.js';
import { LOCK_CLAIM, type StatusHarness } from './status-harness.js';
import { syncStatusStoreConformance } from './sync-status-store.conformance.js';

let server: RedisFixture;
let redis: Redis;
let connections: IoRedisConnections;
let prefixes = 0;

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await startRedis();
  redis = new Redis(server.url);
  connections = new IoRedisConnections({ url: server.url, processName: 'test' });
});

afterAll(async () => {
  redis.disconnect();
  await connections.close();
  await server.stop();
});

interface RedisHarness extends StatusHarness {
  readonly key: (name: string) => string;
}

async function makeStatus(
  options: { readonly eventLimit?: number } = {},
  source: SourceDescription = NOVITA,
): Promise<RedisHarness> {
  const clock = new FakeClock();
  const keyPrefix = `test-${prefixes++}`;
  const locks = new RedisLockKeeper(connections, keyPrefix);
  const makeStore = () => new RedisSyncStatusStore(source, connections, clock, { keyPrefix, ...options });
  const take = async (name: string): Promise<LockHold> => {
    await redis.del(`{${keyPrefix}}:lock:${name}`);
    const answer = await locks.acquire(name, LOCK_CLAIM);
    if (!answer.acquired) throw new Error('somebody else took it');
    return answer.hold;
  };
  const keysBelow = source === NOVITA ? 'sync' : `sync:${source.source}`;
  return {
    store: makeStore(),
    other: makeStore(),
    feed: new RedisChangeFeed(connections, { keyPrefix }),
    clock,
    takeLock: () => take(source.lock),
    takeOther: () => take('other'),
    key: (name) => `{${keyPrefix}}:${keysBelow}:${name}`,
  };
}

describe('RedisSyncStatusStore', () => {
  describe('of Novita', () => {
    syncStatusStoreConformance(NOVITA, makeStatus);
  });
  describe('of Kubernetes', () => {
    syncStatusStoreConformance(KUBERNETES, (options) => makeStatus(options, KUBERNETES));
  });

  describe('in Redis', () => {
    let warn: ReturnType<typeof vi.spyOn>;
    beforeEach(() => {
      warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    });
    afterEach(() => void vi.restoreAllMocks());

    it.each([NOVITA, KUBERNETES])('has its keys in one hash tag, for ever: $source', async (source) => {
      const { store, takeLock, key } = await makeStatus({}, source);
      const history = aHistoryEntry({ resources: [] });
      await store.publish('sync.completed', aRun({ resources: [] }), await takeLock(), { history });
      await store.setPaused({ since: at(0), by: 'user:ops' });
      const names = ['events', 'history', 'paused', 'status'];
      expect((await redis.keys(key('*'))).sort()).toEqual(names.map(key));
      for (const name of names) expect(await redis.pttl(key(name))).toBe(-1);
    });

    it('is one for each source', async () => {
      const keyPrefix = `test-${prefixes++}`;
      const [novita, kubernetes] = [NOVITA, KUBERNETES].map(
        (source) => new RedisSyncStatusStore(source, connections, new FakeClock(), { keyPrefix }),
      );
      await kubernetes?.setPaused({ since: at(0), by: 'user:ops' });
      expect((await kubernetes?.read())?.paused).not.toBeNull();
      expect(await novita?.read()).toEqual({ run: NOT_STARTED, paused: null, eventId: '0-0' });
    });

    it('survives the loss of its scripts', async () => {
      const { store, takeLock } = await makeStatus();
      const hold = await takeLock();
      await redis.script('FLUSH');
      await store.publish('sync.started', aRun(), hold);
      expect((await store.read()).run).toEqual(aRun());
    });

    it('is written once when a command is sent again because its answer was lost', async () => {
      const { store, feed, clock, takeLock } = await makeStatus();
      const hold = await takeLock();
      const history = aHistoryEntry();
      await store.publish('sync.completed', aRun(), hold, { history });
      await store.publish('sync.completed', aRun(), hold, { history });
      // Given up and begun anew a moment later, which makes it another command.
      clock.advance(250);
      await store.publish('sync.completed', aRun(), hold, { history });
      expect(await store.eventsAfter('0-0', 10)).toHaveLength(1);
      expect(await store.history(10)).toEqual([history]);
      expect(await feed.after('0-0', 10)).toMatchObject([{ type: 'sync.completed' }]);
    });

    it.each([
      ['not JSON', '{"runId":'],
      ['of another shape', '{"state":"running"}'],
    ])('reads a status that is %s as before the first run, with a warning', async (_, document) => {
      const { store, key } = await makeStatus();
      await redis.set(key('status'), document);
      expect((await store.read()).run).toEqual(NOT_STARTED);
      expect(warn).toHaveBeenCalledTimes(1);
      await store.setPaused({ since: at(0), by: 'user:ops' });
      expect(await store.eventsAfter('0-0', 10)).toMatchObject([{ type: 'sync.paused', run: NOT_STARTED }]);
    });

    it('reads a pause that cannot be understood as none, and can be paused', async () => {
      const { store, key } = await makeStatus();
      const pause = { since: at(0), by: 'user:ops' };
      for (const broken of ['yes', '{"by":"user:ops"}', '[]', 'null']) {
        await redis.set(key('paused'), broken);
        expect((await store.read()).paused).toBeNull();
        expect(await store.setPaused(pause)).toEqual(pause);
        expect((await store.read()).paused).toEqual(pause);
      }
    });

    it('leaves out what it cannot understand of history and events', async () => {
      const { store, takeLock, key } = await makeStatus();
      const history = aHistoryEntry();
      await store.publish('sync.completed', aRun(), await takeLock(), { history });
      await redis.lpush(key('history'), 'nonsense');
      expect(await store.history(10)).toEqual([history]);
      const { eventId } = await store.read();
      await redis.xadd(key('events'), '*', 'type', 'sync.dreamt', 'at', at(0), 'before', eventId);
      await store.setPaused({ since: at(0), by: 'user:ops' });
      expect(await store.eventsAfter(eventId, 10)).toMatchObject([{ type: 'sync.paused' }]);
    });
  });
});
