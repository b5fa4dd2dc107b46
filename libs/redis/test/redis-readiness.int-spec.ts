import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { timestampFromMs } from '@app/platform';
import {
  FleetIdUnknownError,
  IoRedisConnections,
  OtherFleetError,
  RedisReadiness,
  RedisUnavailableError,
} from '@app/redis';
import { type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const WAIT = { timeout: 10_000, interval: 50 };

describe('a process that starts', () => {
  let redis: RedisFixture;
  let DATA_DIR: string;
  let connections: IoRedisConnections;
  let readiness: RedisReadiness | null;
  let fatal: unknown[];

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    redis = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
    DATA_DIR = await mkdtemp(join(tmpdir(), 'novita-fleet-readiness-'));
    readiness = null;
    fatal = [];
  });
  afterEach(async () => {
    await readiness?.onModuleDestroy();
    await connections.close();
    await redis.stop();
    await rm(DATA_DIR, { recursive: true, force: true });
  });

  async function begin({ url = redis.url, id = null as string | null, fallback = true } = {}): Promise<RedisReadiness> {
    connections = new IoRedisConnections({ url, processName: 'test', keyPrefix: 'fleet' });
    readiness = await RedisReadiness.begin({
      connections,
      settings: { FLEET_ID: id, DATA_DIR, REDIS_KEY_PREFIX: 'fleet', REDIS_ENABLE_FALLBACK: fallback },
      now: () => timestampFromMs(0),
      onFatal: (error) => fatal.push(error),
    });
    return readiness;
  }

  /** Counts how often it was begun. */
  async function beginsOnReady(one: RedisReadiness): Promise<() => number> {
    let count = 0;
    await one.onReady(() => void count++);
    return () => count;
  }

  it('with Redis there is ready at once', async () => {
    const one = await begin();
    expect([one.isReady, one.trouble]).toEqual([true, null]);
    expect((await beginsOnReady(one))()).toBe(1);
    expect(one.fleetId.known).toMatch(/^[a-z0-9]{4}$/);
    expect(await connections.commands.ping()).toBe('PONG');
  });

  it('before Redis goes on without it, reaches it in no way, and begins when it is there', async () => {
    await redis.kill();
    const one = await begin();
    expect([one.isReady, one.trouble?.kind]).toEqual([false, 'away']);
    const count = await beginsOnReady(one);
    const { commands } = connections;
    const blocked = connections.dedicated('feed').ping();
    // Known not to have been sent, and said at once.
    await expect(commands.ping()).rejects.toThrow(/^Stream isn't writeable/);
    expect(count()).toBe(0);

    await redis.start();
    await expect.poll(count, WAIT).toBe(1);
    expect([one.isReady, one.trouble, fatal]).toEqual([true, null, []]);
    // What was made before goes on over the same objects.
    await expect.poll(() => commands.ping().catch(String), WAIT).toBe('PONG');
    expect(await blocked).toBe('PONG');
  });

  it('goes on trying when Redis leaves between its proof and the id that it has', async () => {
    let connected = 0;
    const proxy = createServer((client) => {
      connected += 1;
      // The first proves Redis, the second asks it for the id.
      if (connected === 2) client.destroy();
      else
        client
          .pipe(connect(redis.port, '127.0.0.1'))
          .on('error', () => undefined)
          .pipe(client);
      client.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const url = `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const one = await begin({ url });
    expect([one.isReady, one.trouble?.kind]).toEqual([false, 'away']);
    await expect.poll(() => one.isReady, WAIT).toBe(true);
    expect(fatal).toEqual([]);
    await connections.close();

    connected = 0;
    await expect(begin({ url, fallback: false })).rejects.toThrow(RedisUnavailableError);
    proxy.close();
  });

  it('makes up no id while Redis is away, and takes the one that Redis has', async () => {
    await withAdmin((admin) => admin.set('{fleet}:fleet-id', 'orig'));
    await redis.kill();
    const one = await begin();
    expect(one.fleetId.known).toBeNull();
    expect(() => one.fleetId.value).toThrow(FleetIdUnknownError);
    expect(await readdir(DATA_DIR)).toEqual([]);
    await redis.start();
    await expect.poll(() => one.isReady, WAIT).toBe(true);
    expect(one.fleetId.value).toBe('orig');
    expect(await readdir(DATA_DIR)).toEqual(['fleet-id.fleet']);
  });

  it('knows the id that is given, or kept, before Redis is there', async () => {
    await redis.kill();
    expect((await begin({ id: 'give' })).fleetId.value).toBe('give');
    await readiness?.onModuleDestroy();
    await connections.close();
    await writeFile(join(DATA_DIR, 'fleet-id.fleet'), 'kept\n');
    expect((await begin()).fleetId.value).toBe('kept');
  });

  it('ends when Redis comes and belongs to another fleet, and has written nothing to it', async () => {
    await withAdmin((admin) => admin.set('{fleet}:fleet-id', 'them'));
    await redis.kill();
    const one = await begin({ id: 'ours' });
    const count = await beginsOnReady(one);
    const { commands } = connections;
    await redis.start();
    await expect.poll(() => fatal[0], WAIT).toBeInstanceOf(OtherFleetError);
    expect([one.isReady, count()]).toEqual([false, 0]);
    await expect(commands.set('{fleet}:written', '1')).rejects.toBeInstanceOf(Error);
    await withAdmin(async (admin) => expect(await admin.keys('*')).toEqual(['{fleet}:fleet-id']));
  });

  it('says what is wrong with a Redis that came later and cannot be used, and begins when that is mended', async () => {
    await redis.kill();
    const one = await begin();
    await redis.start();
    await withAdmin(async (admin) => {
      await admin.config('SET', 'requirepass', 'secret');
      await expect.poll(() => one.isReady || one.trouble?.kind, WAIT).toBe('password');
      await admin.config('SET', 'requirepass', '');
    });
    await expect.poll(() => one.isReady, WAIT).toBe(true);
  });

  it('refuses a Redis that is there and cannot be used, and one that is away where no fallback is allowed', async () => {
    await withAdmin((admin) => admin.replicaof('127.0.0.1', 1));
    await expect(begin()).rejects.toThrow(/is a read-only replica/);
    await redis.kill();
    await expect(begin({ fallback: false })).rejects.toThrow(RedisUnavailableError);
  });

  it('waits for one that says nothing for two seconds, and ends at once on demand', async () => {
    const silent = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const before = performance.now();
    const one = await begin({ url: `redis://127.0.0.1:${port}` });
    expect(performance.now() - before).toBeLessThan(20_000);
    expect([one.isReady, one.trouble?.kind]).toEqual([false, 'away']);
    const ending = performance.now();
    await one.onModuleDestroy();
    expect(performance.now() - ending).toBeLessThan(8_000);
    await new Promise((resolve) => silent.close(resolve));
  });

  async function withAdmin(use: (admin: Redis) => Promise<unknown>): Promise<void> {
    const admin = new Redis(redis.url);
    try {
      await use(admin);
    } finally {
      admin.disconnect();
    }
  }
});
