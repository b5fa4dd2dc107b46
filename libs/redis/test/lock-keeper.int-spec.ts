import { setTimeout as sleep } from 'node:timers/promises';
import { IoRedisConnections, type LockHold, MemoryLockKeeper, RedisLockKeeper, RedisScript } from '@app/redis';
import { FakeClock, type RedisFixture, startCuttingProxy, startRedis, valkeyServer } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { describeLockKeeper } from './lock-keeper.conformance.js';

// Lost connections are what some of these tests are about.
Logger.overrideLogger(false);

const CLAIM = { owner: 'worker@host:1', purpose: 'run-1', ttlMs: 60_000 };

describeLockKeeper('MemoryLockKeeper', () => {
  const clock = new FakeClock();
  const keeper = new MemoryLockKeeper(clock);
  return Promise.resolve({
    keeper,
    other: keeper,
    pass: (ms) => Promise.resolve(clock.advance(ms)),
    lapsed: (_name, ttlMs) => Promise.resolve(clock.advance(ttlMs)),
    now: () => clock.now(),
    end: () => Promise.resolve(),
  });
});

const onServer = async (binary?: string): ReturnType<Parameters<typeof describeLockKeeper>[1]> => {
  const redis = await startRedis([], binary);
  const connections = new IoRedisConnections({ url: redis.url, processName: 'one' });
  const others = new IoRedisConnections({ url: redis.url, processName: 'two' });
  return {
    keeper: new RedisLockKeeper(connections, 'fleet'),
    other: new RedisLockKeeper(others, 'fleet'),
    // Locks lapse by Redis's clock, which nobody can put forward.
    pass: (ms) => sleep(ms),
    lapsed: (name) =>
      vi.waitUntil(async () => (await connections.commands.exists(`{fleet}:lock:${name}`)) === 0, { timeout: 5_000 }),
    now: () => Date.now(),
    end: async () => {
      await Promise.all([connections.close(), others.close()]);
      await redis.stop();
    },
  };
};

describeLockKeeper('RedisLockKeeper', () => onServer());

const VALKEY = valkeyServer();
describe.skipIf(VALKEY === null)(VALKEY === null ? 'on Valkey (not run: no valkey-server)' : 'on Valkey', () => {
  describeLockKeeper('RedisLockKeeper', () => onServer(VALKEY ?? ''));
});

describe('MemoryLockKeeper', () => {
  it('says at once whether an acquisition still holds its lock', async () => {
    const clock = new FakeClock();
    const keeper = new MemoryLockKeeper(clock);
    const answer = await keeper.acquire('sync', { ...CLAIM, ttlMs: 1_000 });
    if (!answer.acquired) throw new Error('not acquired');
    expect(keeper.holds(answer.hold)).toBe(true);
    expect(keeper.holds({ ...answer.hold, token: '1-forged' })).toBe(false);
    expect(keeper.holds({ ...answer.hold, name: 'other' })).toBe(false);
    clock.advance(999);
    expect(keeper.holds(answer.hold)).toBe(true);
    clock.advance(1);
    expect(keeper.holds(answer.hold)).toBe(false);
  });
});

describe('RedisLockKeeper', () => {
  let redis: RedisFixture;
  let connections: IoRedisConnections;
  beforeAll(async () => {
    redis = await startRedis();
    connections = new IoRedisConnections({ url: redis.url, processName: 'test' });
  });
  afterAll(async () => {
    await connections.close();
    await redis.stop();
  });

  const take = async (keeper: RedisLockKeeper, name: string): Promise<LockHold> => {
    const answer = await keeper.acquire(name, CLAIM);
    if (!answer.acquired) throw new Error(`${name} is held`);
    return answer.hold;
  };

  it('keeps fleets of one database apart, under keys of their hash tag', async () => {
    await take(new RedisLockKeeper(connections, 'a'), 'sync');
    await take(new RedisLockKeeper(connections, 'b'), 'sync');
    expect((await connections.commands.keys('{a}*')).sort()).toEqual(['{a}:lock-fence:sync', '{a}:lock:sync']);
    expect(Object.keys(await connections.commands.hgetall('{a}:lock:sync')).sort()).toEqual([
      'fence',
      'owner',
      'purpose',
      'since',
      'token',
    ]);
    expect(await connections.commands.pttl('{a}:lock:sync')).toBeGreaterThan(50_000);
  });

  it('goes on when Redis has forgotten the scripts', async () => {
    const keeper = new RedisLockKeeper(connections, 'forgot');
    const hold = await take(keeper, 'sync');
    await connections.commands.script('FLUSH');
    expect(await keeper.renew(hold, 60_000)).toBe(true);
    expect(await keeper.holder('sync')).toMatchObject({ fence: 1 });
    expect(await keeper.release(hold)).toBe(true);
  });

  it('knows its own acquisition again when the answer to it was lost', async () => {
    const proxy = await startCuttingProxy(redis.port);
    const cut = new IoRedisConnections({ url: `redis://127.0.0.1:${proxy.port}`, processName: 'cut' });
    try {
      const keeper = new RedisLockKeeper(cut, 'lost');
      // The scripts are known from here on, so that the lost answer is that of the acquisition and not of NOSCRIPT.
      await keeper.release(await take(keeper, 'sync'));
      proxy.loseNextAnswer();
      const hold = await take(keeper, 'sync');
      expect(proxy.lost).toBe(1);
      expect(hold.fence).toBe(2);
      expect(await connections.commands.hget('{lost}:lock:sync', 'token')).toBe(hold.token);
      expect(await keeper.renew(hold, 60_000)).toBe(true);
    } finally {
      await cut.close();
      await proxy.close();
    }
  });

  describe('a script that includes holds-lock.lua', () => {
    const WRITE = RedisScript.fromFile(new URL('./write-under-lock.lua', import.meta.url));

    it('lets a writer through only while its acquisition holds the lock', async () => {
      const keeper = new RedisLockKeeper(connections, 'fragment');
      const write = ({ name, token }: Pick<LockHold, 'name' | 'token'>): Promise<unknown> =>
        WRITE.run(connections.commands, ['{fragment}'], [name, token]);
      const first = await take(keeper, 'sync');
      expect(await write(first)).toBe('written');
      expect(await write({ name: 'sync', token: '' })).toBe('lost');
      expect(await write({ name: 'other', token: first.token })).toBe('lost');
      await keeper.release(first);
      expect(await write(first)).toBe('lost');
      const second = await take(keeper, 'sync');
      expect(await write(first)).toBe('lost');
      expect(await write(second)).toBe('written');
      expect(await write({ name: '', token: '' })).toBe('written');
      expect(await connections.commands.get('{fragment}:written')).toBe('3');
    });
  });
});
