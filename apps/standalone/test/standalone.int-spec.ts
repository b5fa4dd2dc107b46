import { PlatformLogger, plainApiKey } from '@app/platform';
import { FAST, type Sandbox, startSandbox } from '@app/sandbox';
import { loadSettings } from '@app/settings';
import { MemoryLog, type RedisFixture, startRedis } from '@app/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createStandalone } from '../src/create-standalone.js';

const KEY = 'operator-key-0123456789';
const HEADERS = { authorization: `Bearer ${KEY}` };

describe.each(['memory', 'redis'] as const)('everything in one process, records in %s', (where) => {
  let sandbox: Sandbox;
  let redis: RedisFixture | null = null;
  let app: NestFastifyApplication;

  beforeAll(async () => {
    sandbox = await startSandbox({ timing: FAST });
    redis = where === 'redis' ? await startRedis() : null;
    const settings = loadSettings({
      NODE_ENV: 'test',
      NOVITA_API_KEY: 'sandbox',
      NOVITA_API_BASE_URL: sandbox.url,
      NOVITA_MAX_REQUESTS_PER_SECOND: '500',
      INSTANCE_POLL_INTERVAL: '100ms',
      ...(redis !== null && { REDIS_URL: redis.url }),
    });
    app = await createStandalone({
      processName: 'standalone',
      settings,
      keys: [plainApiKey('me', 'operator', KEY)],
      logDestination: new MemoryLog(),
    });
    app.useLogger(app.get(PlatformLogger));
    await app.init();
  });
  afterAll(async () => {
    await app?.close();
    await Promise.all([sandbox?.close(), redis?.stop()]);
  });

  const statusOf = async (id: string): Promise<unknown> =>
    (await app.inject({ url: `/api/v1/instances/${id}`, headers: HEADERS })).json<{ status: unknown }>().status;

  async function reaches(id: string, status: string): Promise<void> {
    await vi.waitFor(async () => expect(await statusOf(id)).toBe(status), { timeout: 15_000, interval: 50 });
  }

  it('creates, stops, starts and deletes an instance', async () => {
    const created = await app.inject({
      method: 'POST',
      url: '/api/v1/instances',
      headers: HEADERS,
      payload: { name: 'first', productName: 'RTX 4090', image: 'nginx:latest' },
    });
    expect(created.statusCode).toBe(201);
    expect(created.headers['x-data-source']).toBe(where);
    const { id } = created.json<{ id: string }>();
    await reaches(id, 'ready');
    expect(
      (await app.inject({ method: 'POST', url: `/api/v1/instances/${id}/stop`, headers: HEADERS })).statusCode,
    ).toBe(202);
    await reaches(id, 'stopped');
    const byName = await app.inject({
      method: 'POST',
      url: '/api/v1/instances/start',
      headers: HEADERS,
      payload: { instanceName: 'first' },
    });
    expect(byName.statusCode).toBe(202);
    await reaches(id, 'ready');
    expect((await app.inject({ method: 'DELETE', url: `/api/v1/instances/${id}`, headers: HEADERS })).statusCode).toBe(
      202,
    );
    await reaches(id, 'terminated');
  });

  it('is well, and shows one set of metrics', async () => {
    expect((await app.inject({ url: '/health/ready' })).statusCode).toBe(200);
    const metrics = await app.inject({ url: '/metrics', headers: HEADERS });
    expect(metrics.statusCode).toBe(200);
    expect(metrics.body).toContain('http_request_duration_seconds_count');
  });

  it('knows what can be rented, and refuses what cannot, with what comes nearest', async () => {
    const products = await app.inject({ url: '/api/v1/products?inStock=true', headers: HEADERS });
    expect(products.json<{ total: number }>().total).toBeGreaterThan(0);
    for (const [payload, code] of [
      [{ productName: 'RTX 409' }, 'unknown-product'],
      [{ productName: 'RTX 4090', region: 'CN-HK-99' }, 'unknown-region'],
      [{ productName: 'RTX 4090', image: undefined, templateId: '999999' }, 'unknown-template'],
    ] as const) {
      const refused = await app.inject({
        method: 'POST',
        url: '/api/v1/instances',
        headers: HEADERS,
        payload: { name: 'wrong', image: 'nginx', ...payload },
      });
      expect([code, refused.statusCode]).toEqual([code, 422]);
      expect(refused.json()).toMatchObject({ code, errors: [{ pointer: expect.any(String) as string }] });
    }
  });
});
