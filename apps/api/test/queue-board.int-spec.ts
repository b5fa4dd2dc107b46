import { BoardQueues, JobQueue, JobsModule, RECONCILE_INSTANCE } from '@app/jobs';
import { PlatformModule } from '@app/platform';
import { RedisModule } from '@app/redis';
import { loadSettings } from '@app/settings';
import { MemoryLog, type RedisFixture, redisAnswers, startRedis } from '@app/testing';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEYS, TestApi, type TestRequest } from './support/test-api.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const SESSION = '/admin/queues/session';
const INSTANCE = 'ins_01JABCDEFGHJKMNPQRSTVWXYZ0';

describe('the board of the queues', () => {
  let redis: RedisFixture;
  let jobs: TestingModule;
  let api: TestApi;
  let anotherPod: TestApi;

  beforeAll(async () => {
    redis = await startRedis();
    const settings = loadSettings({ NODE_ENV: 'test', REDIS_URL: redis.url });
    const platform = PlatformModule.forRoot({ processName: 'jobs', settings, logDestination: new MemoryLog() });
    jobs = await Test.createTestingModule({ imports: [platform, RedisModule, JobsModule] }).compile();
    await redisAnswers(await jobs.init());
    const queues = jobs.get(BoardQueues);
    [api, anotherPod] = await Promise.all([TestApi.start({}, { queues }), TestApi.start({}, { queues })]);
    await jobs.get(JobQueue).enqueue(RECONCILE_INSTANCE, { instanceId: INSTANCE });
  });
  afterAll(async () => {
    await Promise.all([api?.stop(), anotherPod?.stop()]);
    await jobs?.close();
    await redis?.stop();
  });

  async function openSession(headers: Record<string, string> = {}): Promise<string> {
    const answer = await api.send({ method: 'POST', url: SESSION, as: 'admin', headers });
    expect([answer.status, answer.text]).toEqual([204, '']);
    return String(answer.headers['set-cookie']);
  }

  const cookieOf = (setCookie: string): string => setCookie.split(';', 1)[0] ?? '';

  describe('opens to', () => {
    it('the key of an admin, and to no other', async () => {
      for (const url of ['/admin/queues', '/admin/queues/', '/admin/queues/api/queues', '/admin/queues/queue/sync']) {
        expect([url, (await api.send({ url, as: 'admin' })).status]).toEqual([url, 200]);
        for (const as of ['viewer', 'operator'] as const) {
          const { status, json } = await api.send({ url, as });
          expect([url, status, json['code']]).toEqual([url, 403, 'forbidden']);
        }
        expect([url, (await api.send({ url, as: null, from: '10.0.0.1' })).status]).toEqual([url, 401]);
      }
    });

    it('a session, at every process that has the key', async () => {
      const cookie = cookieOf(await openSession());
      for (const pod of [api, anotherPod]) {
        const answer = await pod.send({ url: '/admin/queues', as: null, headers: { cookie, accept: BROWSER } });
        expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      }
    });

    it('no session that is over', async () => {
      const cookie = cookieOf(await openSession());
      api.clock.advance(3_600_000);
      try {
        expect((await api.send({ url: '/admin/queues', as: null, headers: { cookie } })).status).toBe(401);
      } finally {
        api.clock.advance(-3_600_000);
      }
    });

    it('no session that somebody made up, however often', async () => {
      const statuses: number[] = [];
      for (let i = 0; i < 31; i++) {
        const cookie = `novita_fleet_queues=the-admin.9999999999.${String(i).padStart(43, 'A')}`;
        statuses.push(
          (await api.send({ url: '/admin/queues', as: null, from: '10.0.0.2', headers: { cookie } })).status,
        );
      }
      expect(new Set(statuses.slice(0, 30))).toEqual(new Set([401]));
      expect(statuses[30]).toBe(429);
    });
  });

  describe('a session', () => {
    it.each([
      ['no key', { as: null, from: '10.0.0.3' }, 401],
      ['a viewer', { as: 'viewer' }, 403],
      ['an operator', { as: 'operator' }, 403],
    ] as const)('is not given to %s', async (_who, who, status) => {
      const answer = await api.send({ method: 'POST', url: SESSION, ...who });
      expect([answer.status, answer.headers['set-cookie']]).toEqual([status, undefined]);
    });

    it('is given to an admin, for the board alone', async () => {
      expect(await openSession()).toMatch(
        /^novita_fleet_queues=the-admin\.1767272400\.[\w-]{43}; Max-Age=3600; Path=\/admin\/queues; HttpOnly; SameSite=Strict$/,
      );
      expect(await openSession({ 'x-forwarded-proto': 'https' })).toMatch(/; Secure$/);
    });

    it('opens nothing else', async () => {
      const cookie = cookieOf(await openSession());
      const others: TestRequest[] = [
        { url: '/api/v1/instances' },
        { url: '/metrics' },
        { method: 'POST', url: '/api/v1/instances/stop-all', body: {} },
        { method: 'POST', url: SESSION },
      ];
      for (const request of others) {
        const { status } = await api.send({ ...request, as: null, from: '10.0.0.4', headers: { cookie } });
        expect([request.url, status]).toEqual([request.url, 401]);
      }
    });

    it('is ignored when there is a key', async () => {
      const cookie = cookieOf(await openSession());
      expect((await api.send({ url: '/admin/queues', as: 'viewer', headers: { cookie } })).status).toBe(403);
    });

    it('counts as its key, in the limit and in the log', async () => {
      const cookie = cookieOf(await openSession());
      api.log.clear();
      const { headers } = await api.send({ url: '/admin/queues', as: null, headers: { cookie } });
      expect(headers['ratelimit']).toMatch(/^"key";r=\d+/);
      expect(api.log.records()).toContainEqual(
        expect.objectContaining({ keyName: 'the-admin', url: '/admin/queues', status: 200 }),
      );
      expect(api.log.lines.join('')).not.toContain(cookie.slice(-43));
    });

    it('is forgotten on demand, with or without a key', async () => {
      for (const as of ['admin', null] as const) {
        const { status, headers } = await api.send({ method: 'DELETE', url: SESSION, as });
        expect([status, headers['set-cookie']]).toEqual([
          204,
          'novita_fleet_queues=; Max-Age=0; Path=/admin/queues; HttpOnly; SameSite=Strict',
        ]);
      }
    });
  });

  describe('a person who comes without a session', () => {
    it('is shown where to open it, and a program gets a problem', async () => {
      const page = await api.send({ url: '/admin/queues', as: null, from: '10.0.0.5', headers: { accept: BROWSER } });
      expect(page.status).toBe(401);
      expect(page.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'www-authenticate': 'Bearer',
      });
      expect(page.text).toContain('<base href="../">');
      const problem = await api.send({ url: '/admin/queues', as: null, from: '10.0.0.5' });
      expect(problem.json).toMatchObject({ code: 'unauthorized', requestId: problem.headers['x-request-id'] });
    });

    it('with another role is rejected with that reason', async () => {
      const page = await api.send({ url: '/admin/queues', as: 'operator', headers: { accept: BROWSER } });
      expect([page.status, page.text.includes('For admins only')]).toEqual([403, true]);
    });
  });

  describe('shows', () => {
    it('every queue, read-only', async () => {
      const { json } = await api.send({ url: '/admin/queues/api/queues?activeQueue=lifecycle&page=1', as: 'admin' });
      const queues = json['queues'] as { name: string; readOnlyMode: boolean; jobs: { data: unknown }[] }[];
      expect(queues.map(({ name, readOnlyMode }) => [name, readOnlyMode])).toEqual([
        ['lifecycle', true],
        ['sync', true],
        ['auto-stop', true],
        ['webhooks', true],
      ]);
      expect(queues[0]?.jobs.map(({ data }) => data)).toEqual([{ instanceId: INSTANCE }]);
    });

    it('nothing of our secrets', async () => {
      const texts: string[] = [];
      for (const path of ['', '/api/queues?activeQueue=lifecycle', '/api/redis/stats', '/api/job-schedulers']) {
        texts.push((await api.send({ url: `/admin/queues${path}`, as: 'admin' })).text);
      }
      for (const secret of [...Object.values(KEYS), redis.url]) expect(texts.join('\n')).not.toContain(secret);
    });

    it.each([
      ['PUT', '/api/queues/lifecycle/pause'],
      ['PUT', '/api/queues/lifecycle/empty'],
      ['PUT', '/api/queues/lifecycle/obliterate'],
      ['PUT', '/api/queues/lifecycle/promote'],
      ['PUT', '/api/queues/lifecycle/retry/failed'],
      ['PUT', '/api/queues/lifecycle/clean/completed'],
      ['PUT', '/api/queues/pause'],
      ['PUT', '/api/queues/lifecycle/1/clean'],
      ['POST', '/api/queues/lifecycle/add'],
      ['PATCH', '/api/queues/lifecycle/1/update-data'],
    ] as const)('no way to %s %s', async (method, path) => {
      const answer = await api.send({ method, url: `/admin/queues${path}`, as: 'admin', body: {} });
      expect([404, 405]).toContain(answer.status);
      expect(answer.headers['content-type']).toContain('application/problem+json');
    });

    it('a page that asks nobody else for anything, and is kept nowhere', async () => {
      const page = await api.send({ url: '/admin/queues/queue/lifecycle', as: 'admin' });
      expect(page.headers['cache-control']).toBe('no-store');
      expect(page.text).not.toMatch(/https?:\/\/|<style|\sstyle=/);
      expect(String(page.headers['content-security-policy'])).not.toContain('unsafe');
      const assets = [...page.text.matchAll(/\b(?:src|href)="(static\/[^"]+)"/g)].map(([, path]) => path);
      expect(assets.length).toBeGreaterThan(4);
      for (const path of assets) {
        expect([path, (await api.send({ url: `/admin/queues/${path}`, as: 'admin' })).status]).toEqual([path, 200]);
        expect((await api.send({ url: `/admin/queues/${path}`, as: null, from: '10.0.0.6' })).status).toBe(401);
      }
    });
  });
});

describe('the board while Redis is away', () => {
  it('says so, soon', async () => {
    const redis = await startRedis();
    const settings = loadSettings({ NODE_ENV: 'test', REDIS_URL: redis.url });
    const platform = PlatformModule.forRoot({ processName: 'jobs', settings, logDestination: new MemoryLog() });
    const jobs = await Test.createTestingModule({ imports: [platform, RedisModule, JobsModule] }).compile();
    await redisAnswers(await jobs.init());
    const api = await TestApi.start({}, { queues: jobs.get(BoardQueues) });
    try {
      expect((await api.send({ url: '/admin/queues/api/queues', as: 'admin' })).status).toBe(200);
      await redis.stop();
      const answer = await api.send({ url: '/admin/queues/api/queues', as: 'admin' });
      expect(answer.json).toMatchObject({ status: 503, code: 'dependency-unavailable', retryable: true });
      expect(answer.headers['retry-after']).toBe('5');
    } finally {
      await api.stop();
      await jobs.close();
      await redis.stop();
    }
  });
});

describe('without Redis', () => {
  it('there is no board, and that is said', async () => {
    const api = await TestApi.start();
    try {
      for (const request of [
        { url: '/admin/queues' },
        { url: '/admin/queues/queue/sync' },
        { method: 'POST', url: SESSION, as: 'admin' },
      ] as const) {
        const { status, json } = await api.send(request);
        expect([status, json]).toEqual([404, expect.objectContaining({ code: 'no-queues' })]);
      }
      expect((await api.send({ method: 'POST', url: SESSION, as: 'operator' })).status).toBe(403);
      expect((await api.send({ method: 'DELETE', url: SESSION, as: null })).status).toBe(204);
    } finally {
      await api.stop();
    }
  });
});
