import { RECORD_SCHEMA, redisStore } from '@app/instance-store';
import { createHttpAdapter, plainApiKey, SystemClock } from '@app/platform';
import { loadSettings } from '@app/settings';
import { aNewInstance, type InstanceOverrides, MemoryLog, startRedis } from '@app/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ApiModule } from '../src/api.module.js';
import { configureHttp, HTTP_OPTIONS } from '../src/create-api.js';
import { FLEET_MODULES } from '../src/fleet-modules.js';
import { KEYS } from './support/test-api.js';

const SECRET = 'hunter2-and-more';
const CONNECTION = {
  ssh: { command: 'ssh root@host', password: SECRET },
  jupyter: null,
  webTerminal: null,
  portMappings: [],
} as const;

async function api(redisUrl: string): Promise<NestFastifyApplication> {
  const settings = loadSettings({ NODE_ENV: 'test', REDIS_URL: redisUrl, RATE_LIMIT_PER_MINUTE: '100000' });
  const keys = [plainApiKey('admin', 'admin', KEYS.admin)];
  const logDestination = new MemoryLog();
  const testing = await Test.createTestingModule({
    imports: [ApiModule.forRoot({ processName: 'api', settings, keys, fleet: FLEET_MODULES, logDestination })],
  }).compile();
  const app = testing.createNestApplication<NestFastifyApplication>(createHttpAdapter(), {
    ...HTTP_OPTIONS,
    logger: false,
  });
  configureHttp(app);
  await app.listen(0, '127.0.0.1');
  return app;
}

it('an API over a Redis with damaged records serves the others, shows what is set aside, and takes back what was mended', async () => {
  const server = await startRedis();
  const redis = new Redis(server.url);
  const tag = '{novita-fleet}';
  const store = redisStore(redis, new SystemClock(), { keyPrefix: 'novita-fleet' });
  const insert = async (overrides: InstanceOverrides): Promise<string> => {
    const record = aNewInstance(overrides);
    await store.records.insert(record);
    return record.id;
  };
  const good = await insert({ name: 'good' });
  const bad = await insert({ name: 'bad', connection: CONNECTION });
  const newer = await insert({ name: 'newer', connection: CONNECTION });
  const docs = await Promise.all([bad, newer].map((id) => redis.hget(`${tag}:instance:${id}`, 'doc')));
  const [doc = '', newerDoc = ''] = docs.map(String);
  await redis.hset(`${tag}:instance:${bad}`, 'doc', doc.slice(0, -20));
  const later = newerDoc.replace(`"schema":${RECORD_SCHEMA}`, `"schema":${RECORD_SCHEMA + 1}`);
  await redis.hset(`${tag}:instance:${newer}`, 'doc', later);
  const app = await api(server.url);
  onTestFinished(async () => {
    await app.close();
    redis.disconnect();
    await server.stop();
  });
  const url = await app.getUrl();
  const ask = async (path: string, method = 'GET'): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${KEYS.admin}` } });
    return { status: response.status, text: await response.text() };
  };
  const names = async (): Promise<readonly string[]> => {
    const { instances } = JSON.parse((await ask('/api/v1/instances')).text) as { instances: { name: string }[] };
    return instances.map(({ name }) => name).toSorted();
  };
  await vi.waitFor(async () => expect(await names()).toEqual(['good']), { timeout: 15_000 });
  await redis.xadd(`${tag}:changes`, '*', 'type', 'instance.updated', 'id', good, 'revision', '9', 'doc', '{"pass');

  const listed = await vi.waitFor(
    async () => {
      const { text } = await ask('/api/v1/admin/quarantine');
      const page = JSON.parse(text) as { total: number; entries: { id: string; kind: string; where: string }[] };
      expect(page.total).toBe(3);
      return { ...page, text };
    },
    { timeout: 15_000, interval: 100 },
  );
  expect(new Map(listed.entries.map(({ kind, where }) => [kind, where]))).toEqual(
    new Map([
      ['record', bad],
      ['record-newer', newer],
      ['feed-entry', expect.stringMatching(/^\d+-\d+$/) as string],
    ]),
  );
  expect(listed.text).toContain('password');
  const kept = await Promise.all(
    (await redis.keys(`${tag}:quarantine*`)).map(async (key) =>
      (await redis.type(key)) === 'hash' ? (await redis.hvals(key)).join() : '',
    ),
  );
  expect(kept.join()).toContain('password');
  expect(kept.join() + listed.text).not.toContain(SECRET);

  const { text: metrics } = await ask('/metrics');
  for (const [kind, count] of [
    ['record', 1],
    ['record-newer', 1],
    ['feed-entry', 1],
    ['job', 0],
  ]) {
    expect(metrics).toContain(`novita_quarantined_total{kind="${kind}"} ${count}`);
  }

  // Mended from a backup, and taken back.
  await redis.hset(`${tag}:instance:${bad}`, 'doc', doc);
  const entry = listed.entries.find(({ kind }) => kind === 'record');
  const retried = await ask(`/api/v1/admin/quarantine/${entry?.id}/retry`, 'POST');
  expect(JSON.parse(retried.text)).toEqual({ outcome: 'readable' });
  await vi.waitFor(async () => expect(await names()).toEqual(['bad', 'good']), { timeout: 15_000 });
  expect(await redis.hget(`${tag}:instance:${newer}`, 'doc')).toBe(later);
});
