import { PlatformLogger, plainApiKey } from '@app/platform';
import { loadSettings } from '@app/settings';
import { MemoryLog, type RedisFixture, startRedis } from '@app/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createWorker } from '../src/create-worker.js';
import { WORKER_MODULES } from '../src/worker-modules.js';

const KEY = 'viewer-key-0123456789';

describe('the worker', () => {
  let redis: RedisFixture;
  let app: NestFastifyApplication;

  async function start(environment: Readonly<Record<string, string>> = {}): Promise<NestFastifyApplication> {
    const settings = loadSettings({ NODE_ENV: 'test', REDIS_URL: redis.url, NOVITA_API_KEY: 'x', ...environment });
    const worker = await createWorker({
      processName: 'worker',
      settings,
      keys: [plainApiKey('prometheus', 'viewer', KEY)],
      workers: WORKER_MODULES,
      logDestination: new MemoryLog(),
    });
    worker.useLogger(worker.get(PlatformLogger));
    await worker.init();
    return worker;
  }

  beforeAll(async () => {
    redis = await startRedis();
    app = await start();
  });
  afterAll(async () => {
    await app?.close();
    await redis?.stop();
  });

  it('reports its health to everybody', async () => {
    for (const url of ['/health', '/health/live', '/health/ready']) {
      const answer = await app.inject({ url });
      expect([url, answer.statusCode]).toEqual([url, 200]);
    }
    expect((await app.inject({ url: '/health' })).json()).toMatchObject({
      // Nobody has asked Novita for anything here.
      status: 'degraded',
      details: { redis: { status: 'up' }, novita: { status: 'degraded', state: 'unknown' } },
    });
    const { queues } = (await app.inject({ url: '/health' })).json().details.jobs;
    for (const queue of ['lifecycle', 'sync', 'auto-stop']) {
      expect(queues[queue]).toEqual({ consuming: true, lastFetchAt: expect.stringMatching(/^20.*Z$/) });
    }
  });

  it('shows its metrics to holders of a key', async () => {
    const refused = await app.inject({ url: '/metrics', headers: { authorization: 'Bearer nobodys-key-0123456789' } });
    expect(refused.statusCode).toBe(401);
    expect(refused.json()).toMatchObject({ code: 'unauthorized' });
    const shown = await app.inject({ url: '/metrics', headers: { authorization: `Bearer ${KEY}` } });
    expect(shown.statusCode).toBe(200);
    expect(shown.body).toContain('process_cpu_seconds_total');
    expect(shown.body).toContain('novita_fleet_worker_consuming{queue="sync"} 1');
    const [, lastFetch] =
      /^novita_fleet_worker_last_fetch_timestamp_seconds\{queue="sync"\} (\S+)$/m.exec(shown.body) ?? [];
    expect(Math.abs(Date.now() / 1_000 - Number(lastFetch))).toBeLessThan(60);
    expect(shown.body).toContain('novita_fleet_worker_recoveries_total{queue="sync",step="end"} 0');
  });

  it('shows that each queue has a worker, from its first heartbeat on', async () => {
    await vi.waitFor(async () => {
      const { body } = await app.inject({ url: '/metrics', headers: { authorization: `Bearer ${KEY}` } });
      const queues = [...body.matchAll(/^novita_fleet_queue_has_worker\{queue="([^"]+)"\} 1$/gm)];
      expect(queues.map(([, queue]) => queue)).toEqual(expect.arrayContaining(['lifecycle', 'sync', 'auto-stop']));
    });
  });

  it('shows them to everybody when the settings say so', async () => {
    const open = await start({ METRICS_PUBLIC: 'true' });
    expect((await open.inject({ url: '/metrics' })).statusCode).toBe(200);
    await open.close();
  });

  it('has no routes of the API', async () => {
    const answer = await app.inject({ url: '/api/v1/instances', headers: { authorization: `Bearer ${KEY}` } });
    expect(answer.statusCode).toBe(404);
  });
});
