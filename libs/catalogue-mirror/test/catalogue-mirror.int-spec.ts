import { MetricsRegistry } from '@app/platform';
import { MemoryQuarantine, QuarantineReporter, RedisConnections, RedisSettings, type Sighting } from '@app/redis';
import { FakeClock, type RedisFixture, startRedis } from '@app/testing';
import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CatalogueMirror, MirrorUnavailableError } from '../src/catalogue-mirror.js';
import { CatalogueMirrorModule } from '../src/catalogue-mirror.module.js';
import { MemoryCatalogueMirror } from '../src/memory-catalogue-mirror.js';
import { RedisCatalogueMirror } from '../src/redis-catalogue-mirror.js';
import { at, catalogueMirrorConformance, cluster } from './catalogue-mirror.conformance.js';

describe('the mirror in memory', () => {
  catalogueMirrorConformance({
    make: async () => {
      const warnings: string[] = [];
      return { mirror: new MemoryCatalogueMirror((message) => warnings.push(message)), warnings };
    },
  });
});

describe('the mirror in Redis', () => {
  let server: RedisFixture;
  let redis: Redis;
  let prefixes = 0;

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url, { maxRetriesPerRequest: 1, retryStrategy: () => 50 });
    redis.on('error', () => undefined);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  const make = () => {
    const prefix = `mirror-${(prefixes += 1)}`;
    const warnings: string[] = [];
    const setAside: Sighting[] = [];
    const open = () =>
      new RedisCatalogueMirror(
        () => redis,
        prefix,
        (message) => warnings.push(message),
        (sighting) => setAside.push(sighting),
      );
    return { mirror: open(), other: open(), key: `{${prefix}}:mirror:clusters`, warnings, setAside };
  };

  catalogueMirrorConformance({ make: async () => make() });

  it('is one for all processes', async () => {
    const { mirror, other } = make();
    await mirror.write('clusters', [cluster('1')], at(0));
    expect(await other.read('clusters')).toEqual({ items: [cluster('1')], asOf: at(0) });
    await other.write('clusters', [cluster('2')], at(1));
    expect(await mirror.read('clusters')).toEqual({ items: [cluster('2')], asOf: at(1) });
  });

  it('reads the items once for each version', async () => {
    const { mirror, other } = make();
    const sent = async () => Number(/total_net_output_bytes:(\d+)/.exec(await redis.info('stats'))?.[1]);
    await mirror.write('clusters', [cluster('1', ['x'.repeat(100_000)])], at(0));
    await other.read('clusters');
    await mirror.write('clusters', [cluster('1', ['x'.repeat(100_000)])], at(1));
    const before = await sent();
    expect((await other.read('clusters'))?.asOf).toBe(at(1));
    expect((await sent()) - before).toBeLessThan(50_000);
  });

  it.each([
    ['items that are no JSON', { items: '[{', version: '1.x', asOf: at(0) }, 'cannot be understood', 1],
    ['items that are no list', { items: '{}', version: '1.x', asOf: at(0) }, 'cannot be understood', 1],
    ['the form of another release', { items: '[]', version: '2.x', asOf: at(0) }, 'cannot be understood', 0],
    ['no time', { items: '[]', version: '1.x' }, 'has no time', 1],
    ['a time that is none', { items: '[]', version: '1.x', asOf: 'zzz' }, 'has no time', 1],
  ])('does not answer %s, and writes over it', async (_what, fields, warning, times) => {
    const { mirror, key, warnings, setAside } = make();
    await redis.hset(key, fields);
    expect(await mirror.read('clusters')).toBeNull();
    expect(warnings).toEqual([`The mirrored list of clusters ${warning}`]);
    expect(setAside.map(({ kind, where }) => [kind, where])).toEqual(
      Array.from({ length: times }, () => ['mirror', 'clusters']),
    );
    await mirror.write('clusters', [], at(1));
    expect(await mirror.read('clusters')).toEqual({ items: [], asOf: at(1) });
  });

  it('repairs items that were spoilt under their version', async () => {
    const { mirror, other, key } = make();
    await mirror.write('clusters', [cluster('1')], at(0));
    await redis.hset(key, 'items', '[');
    expect(await mirror.read('clusters')).toBeNull();
    await mirror.write('clusters', [cluster('1')], at(1));
    expect((await other.read('clusters'))?.items).toEqual([cluster('1')]);
  });

  it('says that it cannot be reached', async () => {
    const { mirror } = make();
    await server.kill();
    await expect(mirror.read('clusters')).rejects.toBeInstanceOf(MirrorUnavailableError);
    await expect(mirror.write('clusters', [], at(0))).rejects.toBeInstanceOf(MirrorUnavailableError);
    await server.start();
    await expect.poll(() => mirror.write('clusters', [], at(0)).catch(() => false), { timeout: 8_000 }).toBe(true);
  });
});

describe('CatalogueMirrorModule', () => {
  const boot = async (connections: RedisConnections | null) => {
    const provided = [
      { provide: RedisSettings, useValue: { REDIS_KEY_PREFIX: 'test' } },
      { provide: RedisConnections, useValue: connections },
      {
        provide: QuarantineReporter,
        useValue: new QuarantineReporter(new MemoryQuarantine(), new FakeClock(), new MetricsRegistry()),
      },
    ];
    class PlatformStandIn {}
    Global()(PlatformStandIn);
    Module({ providers: provided, exports: provided.map(({ provide }) => provide) })(PlatformStandIn);
    const app = await Test.createTestingModule({ imports: [PlatformStandIn, CatalogueMirrorModule] }).compile();
    return app.init();
  };

  it('provides a mirror of its own, or the shared one where there is Redis', async () => {
    const alone = await boot(null);
    expect(alone.get(CatalogueMirror)).toBeInstanceOf(MemoryCatalogueMirror);
    await alone.close();
    const idle = new Redis({ lazyConnect: true });
    const together = await boot({ commands: idle, dedicated: () => idle, mayReadInfo: true });
    expect(together.get(CatalogueMirror)).toBeInstanceOf(RedisCatalogueMirror);
    await together.close();
    expect(idle.status).toBe('wait');
  });
});
