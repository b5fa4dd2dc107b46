import { StoreUnavailableError } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import { FakeClock } from '@app/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApi, type TestRequest } from '../../../test/support/test-api.js';
import { ApiHeaders, ClockText, errorWithoutKey } from './api-headers.js';

const at = (time: string): Timestamp => `2026-01-01T${time}.000Z` as Timestamp;

describe('X-Sync-*', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start({ RATE_LIMIT_PER_MINUTE: '100000', CORS_ORIGINS: 'https://fleet.example.com' });
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.sync.clear();
    api.store.failure = null;
  });

  async function headersOf(request: TestRequest): Promise<Record<string, unknown>> {
    const { headers } = await api.send(request);
    return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-sync-')));
  }

  const FORMS = [
    ['before the first run', {}, { 'x-sync-status': 'not_started' }],
    [
      'during a run',
      { state: 'in_progress', step: 'sync', currentResource: 'instances' },
      {
        'x-sync-status': 'in_progress',
        'x-sync-step': 'sync',
        'x-sync-progress': '0/9',
        'x-sync-current-resource': 'instances',
      },
    ],
    [
      'after a run',
      { state: 'completed', step: 'done', startedAt: at('11:00:00'), endedAt: at('11:00:05') },
      { 'x-sync-status': 'completed', 'x-sync-end-time': at('11:00:05'), 'x-sync-duration': '5000ms' },
    ],
    [
      'after one that failed',
      { state: 'failed', error: 'jobs: 500' },
      { 'x-sync-status': 'failed', 'x-sync-error': 'jobs: 500' },
    ],
  ] as const;

  it.each(FORMS)('are on every answer: %s', async (_when, run, expected) => {
    api.sync.set(run);
    const requests: TestRequest[] = [
      { url: '/api/v1/instances' },
      { url: '/api/instances' },
      { method: 'HEAD', url: '/api/v1/instances' },
      { method: 'HEAD', url: '/api/v1/sync/status', as: null },
      { url: '/api/v1/health', as: null },
      { url: '/api/v1/nothing', as: null },
      { url: '/api/v1/instances/%zz' },
      { url: `/api/v1/instances/${'x'.repeat(600)}` },
      { url: '/api/v1/instances', as: null },
      { method: 'POST', url: '/api/v1/instances', as: 'viewer', body: {} },
      { method: 'POST', url: '/api/v1/instances', body: '{' },
      { method: 'PUT', url: '/api/v1/instances' },
      { method: 'POST', url: '/api/v1/instances/x1/stop' },
    ];
    const masked = { ...expected, ...('x-sync-error' in expected && { 'x-sync-error': errorWithoutKey([]) }) };
    for (const request of requests) {
      // Some are refused before anybody checks whose they are.
      const isKnown = request.as !== null && !/%zz|x{600}/.test(request.url);
      expect([request.url, await headersOf(request)]).toEqual([request.url, isKnown ? expected : masked]);
    }
    api.store.failure = new StoreUnavailableError('away');
    expect(await headersOf({ url: '/api/v1/instances' })).toEqual(expected);
  });

  it('are on a 304', async () => {
    const { record } = api.store.put(api.commands.stored.record);
    const url = `/api/v1/instances/${record.id}`;
    const { headers } = await api.send({ url });
    const same = await api.send({ url, headers: { 'if-none-match': String(headers['etag']) } });
    expect([same.status, same.headers['x-sync-status']]).toEqual([304, 'not_started']);
  });

  it('are on nothing else', async () => {
    for (const url of ['/health', '/health/live', '/errors', '/openapi.json', '/', '/nothing']) {
      expect(await headersOf({ url })).toEqual({});
    }
  });

  it('may be read by scripts of listed origins', async () => {
    const { headers } = await api.send({ url: '/api/v1/instances', headers: { origin: 'https://fleet.example.com' } });
    const exposed = String(headers['access-control-expose-headers']).toLowerCase().split(/, ?/);
    for (const [, , expected] of FORMS) expect(exposed).toEqual(expect.arrayContaining(Object.keys(expected)));
  });

  it('say that a run whose worker is gone has failed, without an event', async () => {
    const run = { state: 'in_progress', step: 'sync', leaseUntil: at('12:00:10') } as const;
    api.sync.set(run);
    expect(await headersOf({ url: '/api/v1/instances' })).toMatchObject({ 'x-sync-status': 'in_progress' });
    api.clock.advance(60_000);
    try {
      expect(await headersOf({ url: '/api/v1/instances' })).toEqual({
        'x-sync-status': 'failed',
        'x-sync-error': expect.stringContaining('worker') as string,
      });
    } finally {
      api.clock.advance(-60_000);
    }
  });

  it('are made once while nothing changes', () => {
    const headers = api.app.get(ApiHeaders);
    const first = headers.all();
    expect(headers.all()).toBe(first);
    api.sync.set({ state: 'failed', error: 'x' });
    expect(headers.all()).not.toBe(first);
  });

  it.each([
    ['newlines', 'bad\r\nX-Injected: 1\n\nbody'],
    ['control characters', 'a\0b\u0007c\u001b[31md\u2028e'],
    ['10 kB', 'x'.repeat(10_000)],
    ['other scripts', '错误 ошибка 🔥'],
    ['nothing at all', ''],
    ['blanks only', ' \t\n'],
  ])('are never broken by an error of %s', async (_what, error) => {
    api.sync.set({ state: 'failed', error });
    const answer = await api.send({ url: '/api/v1/instances' });
    expect(answer.status).toBe(200);
    expect(answer.headers['x-sync-error']).toMatch(/^[\x20-\x7e]{1,200}$/);
    expect(answer.headers).not.toHaveProperty('x-injected');
  });

  it('are never broken by any error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 400 }), async (error) => {
        api.sync.set({ state: 'failed', error });
        const { status, headers } = await api.send({ url: '/api/v1/nothing', as: null });
        expect(status).toBe(404);
        expect(headers['x-sync-error']).toMatch(/^[\x20-\x7e]{1,200}$/);
      }),
      { numRuns: 100 },
    );
  });
});

it('is the time of the clock, always', () => {
  const clock = new FakeClock();
  const text = new ClockText(clock);
  for (const ms of [0, 0, 1, 999, -500]) {
    clock.advance(ms);
    expect(text.now()).toBe(clock.timestamp());
  }
});
