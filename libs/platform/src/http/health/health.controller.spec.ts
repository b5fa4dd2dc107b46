import { MemoryLog } from '@app/testing';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { platformSettings } from '../../../test/support/platform-settings.js';
import { PlatformModule } from '../../platform.module.js';
import { createHttpAdapter } from '../server/platform-adapter.js';
import { Draining, type HealthDetails, HealthIndicatorRegistry } from './health.js';

@Module({
  imports: [
    PlatformModule.forRoot({
      processName: 'test',
      settings: platformSettings({ NODE_ENV: 'test' }),
      logDestination: new MemoryLog(),
    }),
  ],
})
class TestModule {}

const away = (): Promise<never> => Promise.reject(new Error('connect 10.0.0.5 with hunter2'));

describe('the health routes', () => {
  let app: NestFastifyApplication;
  let registry: HealthIndicatorRegistry;

  beforeEach(async () => {
    app = await NestFactory.create<NestFastifyApplication>(TestModule, createHttpAdapter(), { logger: false });
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    registry = app.get(HealthIndicatorRegistry);
  });
  afterEach(() => app.close());

  const get = async (url: string): Promise<{ status: number; body: Record<string, unknown> }> => {
    const answer = await app.inject({ url });
    expect(answer.headers['cache-control']).toBe('no-store');
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
  };

  it('are well when nothing is needed', async () => {
    expect(await get('/health/live')).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await get('/health/ready')).toEqual({ status: 200, body: { status: 'ok', details: {} } });
    expect(await get('/health')).toMatchObject({
      status: 200,
      body: { status: 'ok', uptimeSeconds: expect.any(Number) as number },
    });
  });

  it('show what an indicator says', async () => {
    registry.register({ name: 'queue', needed: true, check: () => Promise.resolve({ waiting: 3 }) });
    expect(await get('/health')).toMatchObject({
      status: 200,
      body: { details: { queue: { status: 'up', waiting: 3 } } },
    });
  });

  it('are not ready while something needed is away, and do not say why to everybody', async () => {
    registry.register({ name: 'queue', needed: true, check: away });
    const { status, body } = await get('/health/ready');
    expect(status).toBe(503);
    expect(body).toMatchObject({ status: 'error', details: { queue: { status: 'down', message: 'not available' } } });
    expect(JSON.stringify(body)).not.toMatch(/10\.0\.0\.5|hunter2/);
    expect((await get('/health')).status).toBe(503);
    expect((await get('/health/live')).status).toBe(200);
  });

  it('are ready but degraded while something useful is away', async () => {
    registry.register({ name: 'cache', needed: false, check: away });
    expect(await get('/health/ready')).toMatchObject({
      status: 200,
      body: { status: 'degraded', details: { cache: { status: 'degraded' } } },
    });
  });

  it('are degraded while an indicator says so of itself, and show what it says besides', async () => {
    const check = (): Promise<HealthDetails> => Promise.resolve({ waiting: 3, degraded: 'nothing moves' });
    registry.register({ name: 'queue', needed: true, check });
    const { status, body } = await get('/health/ready');
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { status: 'degraded', details: { queue: { status: 'degraded', message: 'nothing moves', waiting: 3 } } },
    });
    expect(JSON.stringify(body)).not.toContain('"degraded":');
  });

  it('do not wait for an indicator that never answers', async () => {
    let wasAborted = false;
    registry.register({
      name: 'queue',
      needed: true,
      check: ({ signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => (wasAborted = true));
        }),
    });
    expect((await get('/health/ready')).status).toBe(503);
    expect(wasAborted).toBe(true);
  });

  it('ask a dependency once, however many ask them', async () => {
    let asked = 0;
    registry.register({ name: 'queue', needed: true, check: () => Promise.resolve(void asked++) });
    await Promise.all(Array.from({ length: 20 }, () => get('/health/ready')));
    expect(asked).toBe(1);
  });

  it('are not ready while draining, but alive', async () => {
    app.get(Draining).begin();
    expect(await get('/health/ready')).toMatchObject({ status: 503, body: { status: 'shutting_down' } });
    expect((await get('/health')).status).toBe(503);
    expect((await get('/health/live')).status).toBe(200);
  });

  it('refuse two indicators of one name', () => {
    registry.register({ name: 'queue', needed: true, check: away });
    expect(() => registry.register({ name: 'queue', needed: true, check: away })).toThrow('two health indicators');
  });
});
