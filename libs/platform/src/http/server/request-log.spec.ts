import { Body, Controller, Get, HttpCode, Logger, Module, Post, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nestLog as log } from '../../../test/support/nest-log.js';
import { platformSettings } from '../../../test/support/platform-settings.js';
import { PlatformLogger } from '../../logging/logging.module.js';
import { PlatformModule } from '../../platform.module.js';
import { createHttpAdapter, requestIdFor } from './platform-adapter.js';
import { loggedUrl } from './request-log.js';

describe('loggedUrl', () => {
  it.each([
    ['/api/v1/instances', '/api/v1/instances'],
    ['/x?limit=5&status=ready', '/x?limit=5&status=ready'],
    ['/x?api_key=abc&limit=5&accessToken=d', '/x?api_key=[redacted]&limit=5&accessToken=[redacted]'],
    ['/x?token', '/x?token'],
  ])('%s', (url, logged) => {
    expect(loggedUrl(url)).toBe(logged);
  });

  it('is cut', () => {
    expect(loggedUrl(`/${'a'.repeat(9_000)}`)).toHaveLength(500);
    expect(loggedUrl(`/?${'a=b&'.repeat(9_000)}`).length).toBeLessThanOrEqual(500);
  });
});

describe('requestIdFor', () => {
  it.each(['a', 'Req-1._x', 'x'.repeat(64)])('takes over %s', (id) => {
    expect(requestIdFor({ headers: { 'x-request-id': id } })).toBe(id);
  });

  it.each(['', 'x'.repeat(65), 'a b', 'a\n', 'ä', '<script>'])('makes a new one instead of %j', (id) => {
    expect(requestIdFor({ headers: { 'x-request-id': id } })).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('makes a new one each time', () => {
    expect(requestIdFor({ headers: {} })).not.toBe(requestIdFor({ headers: {} }));
  });
});

@Controller('things')
class ThingController {
  private readonly logger = new Logger('Things');

  @Post()
  @HttpCode(202)
  async create(@Req() request: FastifyRequest, @Body() body: unknown): Promise<string> {
    request.keyName = 'ci';
    await Promise.resolve();
    this.logger.warn('inside', { instanceId: 'ins_1', body });
    return 'ok';
  }

  @Get('broken')
  broken(): never {
    throw new Error('broken');
  }
}

@Module({
  imports: [
    PlatformModule.forRoot({
      processName: 'test',
      settings: platformSettings({ NODE_ENV: 'test', LOG_LEVEL: 'debug' }),
      logDestination: log,
    }),
  ],
  controllers: [ThingController],
})
class TestModule {}

const lines = (): readonly Readonly<Record<string, unknown>>[] => log.records().filter(({ ms }) => ms !== undefined);

describe('RequestLog', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    app = await NestFactory.create<NestFastifyApplication>(TestModule, createHttpAdapter(), { logger: false });
    app.useLogger(app.get(PlatformLogger));
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });
  afterAll(() => app.close());
  beforeEach(() => log.clear());

  it('writes one line for a request, with whose key it was', async () => {
    await app.inject({
      method: 'POST',
      url: '/things?token=abc&limit=1',
      payload: { a: 1 },
      headers: { 'x-request-id': 'mine-1', authorization: 'Bearer 0123456789abcdef' },
    });
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.any(Number) as number,
        process: 'test',
        pid: process.pid,
        requestId: 'mine-1',
        method: 'POST',
        url: '/things?token=[redacted]&limit=1',
        status: 202,
        ms: expect.any(Number) as number,
        keyName: 'ci',
      },
    ]);
    expect(log.lines.join('')).not.toContain('0123456789abcdef');
  });

  it('puts the request id into what the handler logs, also after the body was read', async () => {
    await Promise.all(
      ['r-1', 'r-2'].map((id) =>
        app.inject({ method: 'POST', url: '/things', payload: { id }, headers: { 'x-request-id': id } }),
      ),
    );
    const inside = log.records().filter(({ msg }) => msg === 'inside');
    expect(inside.map(({ requestId, body }) => ({ requestId, body }))).toEqual([
      { requestId: 'r-1', body: { id: 'r-1' } },
      { requestId: 'r-2', body: { id: 'r-2' } },
    ]);
    expect(inside[0]).toMatchObject({ context: 'Things', level: 'warn', instanceId: 'ins_1' });
  });

  it('answers with the id, a new one when the given one is unusable', async () => {
    const answer = await app.inject({ url: '/nowhere', headers: { 'x-request-id': 'a b' } });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(lines()).toMatchObject([{ requestId: answer.headers['x-request-id'], status: 404, level: 'info' }]);
  });

  it('marks failures, and keeps probes to debug', async () => {
    await app.inject({ url: '/things/broken' });
    await app.inject({ url: '/health/live' });
    await app.inject({ url: '/healthy' });
    expect(lines().map(({ url, level }) => ({ url, level }))).toEqual([
      { url: '/things/broken', level: 'error' },
      { url: '/health/live', level: 'debug' },
      { url: '/healthy', level: 'info' },
    ]);
  });
});
