import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RedisFixture, startRedis } from '@app/testing';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OtherFleetError, settleFleetId } from '../src/fleet-id.js';
import { RedisUnavailableError } from '../src/protocol/errors.js';

describe('the id of a fleet', () => {
  let fixture: RedisFixture;
  let redis: Redis;
  let DATA_DIR: string;
  const settings = (FLEET_ID: string | null = null) => ({ FLEET_ID, DATA_DIR, REDIS_KEY_PREFIX: 'fleet' });
  const settle = async (given: string | null, connection: Redis | null) =>
    (await settleFleetId(settings(given), connection)).value;
  const file = () => join(DATA_DIR, 'fleet-id.fleet');

  beforeAll(async () => {
    fixture = await startRedis();
    redis = new Redis(fixture.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await fixture.stop();
  });
  beforeEach(async () => {
    await redis.flushall();
    DATA_DIR = await mkdtemp(join(tmpdir(), 'novita-fleet-id-'));
  });
  afterEach(() => rm(DATA_DIR, { recursive: true, force: true }));

  it('is random, made once, and agreed by processes that start together', async () => {
    for (const connection of [null, redis]) {
      const ids = await Promise.all(Array.from({ length: 8 }, () => settle(null, connection)));
      expect(new Set(ids).size).toBe(1);
      expect(ids[0]).toMatch(/^[a-z0-9]{4}$/);
      expect(await settle(null, connection)).toBe(ids[0]);
    }
  });

  it('is kept in Redis and in the folder: whoever has one wins', async () => {
    await writeFile(file(), 'from\n');
    expect(await settle(null, redis)).toBe('from');
    expect(await redis.get('{fleet}:fleet-id')).toBe('from');
    await rm(file());
    expect(await settle(null, redis)).toBe('from');
    expect(await readFile(file(), 'utf8')).toBe('from\n');
    await redis.set('{fleet}:fleet-id', 'newr');
    expect(await settle(null, redis)).toBe('newr');
    expect(await settle(null, null)).toBe('newr');
  });

  it('is read from a full Redis, which is refused in one line when it has none', async () => {
    await settle('k3v9', redis);
    await redis.config('SET', 'maxmemory', '1');
    try {
      expect(await settle('k3v9', redis)).toBe('k3v9');
      await redis.del('{fleet}:fleet-id');
      const refused = settle('k3v9', redis);
      await expect(refused).rejects.toThrow(RedisUnavailableError);
      await expect(refused).rejects.toThrow(/^Redis at 127\.0\.0\.1:\d+ is full: [^\n]*$/);
    } finally {
      await redis.config('SET', 'maxmemory', '0');
    }
  });

  it('is FLEET_ID where it is set, and refused where the records are of another', async () => {
    expect(await settle('k3v9', redis)).toBe('k3v9');
    const refused = settle('z1z1', redis);
    await expect(refused).rejects.toThrow(OtherFleetError);
    await expect(refused).rejects.toThrow(/"z1z1".*"k3v9"/);
    expect(await settle(null, redis)).toBe('k3v9');
  });
});
