import { setTimeout as pause } from 'node:timers/promises';
import { type CuttingProxy, startCuttingProxy } from '@app/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Answer, ApiClient, InstanceView } from './support/api-client.js';
import { Fleet } from './support/fleet.js';
import { until } from './support/until.js';

let fleet: Fleet;
let admin: Redis;

interface RedisHealth {
  readonly details: { readonly redis: { readonly status: string; readonly state?: string; readonly message?: string } };
}

const create = (name: string): Promise<Answer<InstanceView & { detail?: string }>> =>
  fleet.api.request('POST', '/api/v1/instances', { name, productName: 'RTX 4090 24GB', image: 'nginx:1.27' });

const ready = (url: string): Promise<Response> => fetch(`${url}/health/ready`);

async function isReady(id: string): Promise<boolean> {
  return (await fleet.api.request<InstanceView>('GET', `/api/v1/instances/${id}`)).body.status === 'ready';
}

async function createdId(name: string): Promise<string> {
  const { body } = await until('a create is taken', async () => {
    const answer = await create(name);
    return answer.status === 201 && answer;
  });
  return body.id;
}

/** Waits for a process that does not want requests. */
async function notReady(url: string): Promise<RedisHealth['details']['redis']> {
  const answer = await until('it is not ready', async () => {
    const response = await ready(url);
    return response.status === 503 && response;
  });
  return ((await answer.json()) as RedisHealth).details.redis;
}

/** Waits for an API that goes on with what it can do without Redis. */
async function degraded(url: string): Promise<RedisHealth['details']['redis']> {
  const health = await until('it is degraded', async () => {
    const response = await ready(url);
    const body = (await response.json()) as RedisHealth & { readonly status: string };
    return response.status === 200 && body.status === 'degraded' && body.details.redis.status === 'degraded' && body;
  });
  return health.details.redis;
}

/** One API and one worker that reach their Redis through a proxy; each test leaves them well. */
describe('a Redis that is there and of no use', () => {
  let proxy: CuttingProxy;
  let worker: string;

  beforeAll(async () => {
    fleet = await Fleet.start({ apis: 0, workers: 0 });
    proxy = await startCuttingProxy(fleet.redis.port);
    const env = { REDIS_URL: `redis://127.0.0.1:${proxy.port}` };
    await Promise.all([fleet.addApi(env), fleet.addWorker(env)]);
    worker = fleet.workerUrls[0] ?? '';
    admin = new Redis(fleet.redis.url);
  });
  afterAll(async () => {
    admin?.disconnect();
    await fleet?.stop();
    await proxy?.close();
  });

  const areWell = async (): Promise<void> => {
    for (const url of [fleet.api.url, worker]) await until(`${url} is well`, async () => (await ready(url)).ok);
  };

  it('is noticed by connections that go silent without a reset; they are made anew, and what was created meanwhile is made', async () => {
    proxy.silence();
    await until('the worker says so', async () => (await ready(worker)).status === 503);
    const id = await createdId('through-silence');
    await until('it is ready', () => isReady(id));
    await areWell();
  });

  it('is not ready while it is a replica, though its connections stay open, and goes on by itself', async () => {
    await admin.replicaof('127.0.0.1', 1);
    expect(await notReady(worker)).toMatchObject({ status: 'down', state: 'replica' });
    expect(await degraded(fleet.api.url)).toMatchObject({ state: 'replica' });
    const refused = await create('while-a-replica');
    expect([refused.status, refused.body.detail]).toEqual([503, expect.stringContaining('is a read-only replica')]);
    await admin.replicaof('NO', 'ONE');
    const id = await createdId('after-the-failover');
    await until('it is ready', () => isReady(id));
    await areWell();
  });

  it('says that it is full, and goes on by itself', async () => {
    await admin.config('SET', 'maxmemory', '1mb');
    expect(await notReady(worker)).toMatchObject({ status: 'down', state: 'full' });
    expect(await degraded(fleet.api.url)).toMatchObject({ state: 'full' });
    const refused = await create('while-full');
    expect([refused.status, refused.body.detail]).toEqual([503, expect.stringContaining('is full')]);
    await admin.config('SET', 'maxmemory', '0');
    const id = await createdId('after-it-was-full');
    await until('it is ready', () => isReady(id));
    await areWell();
  });

  it('gets its jobs again when the lists of a queue were deleted, although what they hold is still there', async () => {
    await Promise.all(fleet.workers.splice(0).map((one) => one.end('SIGTERM')));
    const ids = await Promise.all(['lost-a', 'lost-b', 'lost-c'].map(createdId));
    const list = (name: string): string => `{novita-fleet}:jobs:lifecycle:${name}`;
    const standing = await Promise.all([admin.llen(list('wait')), admin.zcard(list('prioritized'))]);
    expect(standing[0] + standing[1]).toBe(3);
    await admin.del(list('wait'), list('prioritized'), list('paused'), list('delayed'));
    await fleet.addWorker();
    await until('all are ready', async () => (await Promise.all(ids.map(isReady))).every(Boolean));
  });
});

describe('a Redis that was killed', () => {
  it('fails no read, neither meanwhile nor on the way back, and every answer says what it is made from', async () => {
    fleet = await Fleet.start({ apis: 2, workers: 1, redis: ['--appendonly', 'yes'], sandbox: { instances: 50 } });
    onTestFinished(() => fleet.stop());
    const id = await until('all are known', async () => {
      const { body } = await fleet.api.request<InstanceList>('GET', '/api/v1/instances?sort=name&limit=1');
      return body.total === 50 && body.instances[0]?.id;
    });
    const reads: Read[] = [];
    const end = new AbortController();
    const reading = fleet.clients.map((client) => keepReading(client, id, reads, end.signal));
    await until('both read from Redis', async () => new Set(reads.slice(-20).map(({ source }) => source)).has('redis'));
    await fleet.redis.kill();
    const killedAt = Date.now();
    await until('each has read from memory for a while', async () => {
      const fromMemory = reads.filter(({ source, url, at }) => source === 'memory' && url !== '' && at > killedAt);
      return Date.now() - killedAt > 2_000 && new Set(fromMemory.map(({ url }) => url)).size === fleet.clients.length;
    });
    const backAt = Date.now();
    await fleet.redis.start();
    for (const { url } of fleet.clients) {
      await until(
        'it reads from Redis again',
        async () => reads.findLast((read) => read.url === url)?.source === 'redis',
      );
    }
    end.abort();
    await Promise.all(reading);
    expect(reads.filter(({ status, total }) => status !== 200 || total !== 50)).toEqual([]);
    for (const { asOf } of reads.filter(({ source, at }) => source === 'memory' && at < backAt)) {
      expect(Date.parse(asOf ?? '')).toBeLessThanOrEqual(killedAt);
    }
    // One that waited for Redis would take its limits, which are seconds; how fast they are else is for the benchmarks.
    const median = (of: string): number => {
      const times = reads.flatMap(({ source, ms }) => (source === of ? [ms] : [])).toSorted((a, b) => a - b);
      return times[Math.floor(times.length / 2)] ?? Number.NaN;
    };
    expect(median('memory')).toBeLessThan(100 + 10 * median('redis'));
  });
});

interface InstanceList {
  readonly total: number;
  readonly instances: readonly InstanceView[];
}

interface Read {
  readonly url: string;
  readonly at: number;
  readonly ms: number;
  readonly status: number;
  readonly total: number;
  readonly source: string | null;
  readonly asOf: string | null;
}

/** One instance and a page of the list, again and again. */
async function keepReading(client: ApiClient, id: string, reads: Read[], signal: AbortSignal): Promise<void> {
  const read = async (path: string, totalOf: (body: InstanceList) => number): Promise<void> => {
    const at = Date.now();
    const { status, headers, body } = await client.request<InstanceList>('GET', `/api/v1/instances${path}`);
    const [source, asOf] = [headers.get('x-data-source'), headers.get('x-data-as-of')];
    reads.push({ url: client.url, at, ms: Date.now() - at, status, total: totalOf(body), source, asOf });
  };
  while (!signal.aborted) {
    await read(`/${id}`, () => 50);
    await read('?limit=10&sort=name', ({ total }) => total);
    await pause(20);
  }
}
