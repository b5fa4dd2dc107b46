import type { InstanceRecord, NovitaInstanceId } from '@app/instance-store';
import { NovitaNetworkError, NovitaNotFoundError } from '@app/novita-client';
import type { Timestamp } from '@app/platform';
import { anInstance, type InstanceOverrides } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NO_METRICS } from '../../test/support/fake-live-novita.js';
import { TestApi } from '../../test/support/test-api.js';

const at = (time: string, day = '01'): Timestamp => `2026-01-${day}T${time}.000Z` as Timestamp;
const NOON = Date.UTC(2026, 0, 1, 12);
const point = (time: string, value: number) => ({ at: at(time), value });
const shown = (time: string, percent: number) => ({ at: at(time), percent });

describe('the utilisation of an instance', () => {
  let api: TestApi;
  let novitaIds = 0;

  beforeAll(async () => {
    api = await TestApi.start({ RATE_LIMIT_PER_MINUTE: '100000' });
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.clock.set(NOON);
    api.novita.failure = null;
    api.novita.metricCalls.length = 0;
    api.novita.metrics = NO_METRICS;
  });

  /** One that Novita was never asked about. */
  function add(overrides: InstanceOverrides = {}): InstanceRecord {
    const novitaInstanceId = `5f2c8d1e9a7b${novitaIds++}` as NovitaInstanceId;
    const record = anInstance({ novitaInstanceId, status: 'ready', ...overrides });
    api.store.put(record);
    return record;
  }
  const read = (record: InstanceRecord, query = '') =>
    api.send({ url: `/api/v1/instances/${record.id}/metrics${query}`, as: 'viewer' });

  it('is what Novita measured in the last hour, with its age', async () => {
    api.novita.metrics = {
      cpuUtilization: [point('11:58:00', 40), point('11:57:00', 41)],
      memoryUtilization: [point('11:57:00', 55)],
      diskUtilization: [point('11:57:00', 0)],
      gpuUtilization: [point('11:57:00', 90), point('11:58:30', 0)],
      gpuMemoryUtilization: [],
    };
    const record = add();
    const answer = await read(record);
    expect(answer.status).toBe(200);
    expect(answer.headers['x-data-as-of']).toBe(at('11:58:30'));
    expect(answer.json).toEqual({
      instanceId: record.id,
      status: 'ready',
      from: at('11:00:00'),
      to: at('12:00:00'),
      intervalSeconds: 60,
      series: {
        gpu: [shown('11:57:00', 90), shown('11:58:30', 0)],
        vram: null,
        cpu: [shown('11:57:00', 41), shown('11:58:00', 40)],
        memory: [shown('11:57:00', 55)],
        disk: [shown('11:57:00', 0)],
      },
      asOf: at('11:58:30'),
      lagSeconds: 90,
      readAt: at('12:00:00'),
    });
  });

  it.each(['/api', '/api/v1'])('is read under %s by either id', async (base) => {
    const record = add();
    for (const id of [record.id, record.novitaInstanceId]) {
      const { status, json } = await api.send({ url: `${base}/instances/${id}/metrics` });
      expect([status, json['instanceId']]).toEqual([200, record.id]);
    }
  });

  it('asks Novita once a minute, however many look', async () => {
    const record = add();
    await Promise.all(Array.from({ length: 20 }, () => read(record)));
    api.clock.advance(59_000);
    const { json } = await read(record);
    expect(json['readAt']).toBe(at('12:00:00'));
    expect(api.novita.metricCalls).toHaveLength(1);
    api.clock.advance(1_000);
    await read(record);
    expect(api.novita.metricCalls).toHaveLength(2);
  });

  it.each([
    ['?from=2026-01-01T11:30:00Z', at('11:30:00'), at('12:00:00'), 60],
    ['?from=2026-01-01T12:30:00%2B01:00&to=2026-01-01T11:45:00Z', at('11:30:00'), at('11:45:00'), 60],
    [`?from=${NOON / 1000 - 600}`, at('11:50:00'), at('12:00:00'), 60],
    [`?from=${NOON - 600_000}&to=${NOON}`, at('11:50:00'), at('12:00:00'), 60],
    ['?to=2026-01-01T10:00:00Z', at('09:00:00'), at('10:00:00'), 60],
    ['?from=2025-12-31T12:00:00Z', '2025-12-31T12:00:00.000Z', at('12:00:00'), 360],
    ['?to=2026-01-01T12:00:30Z', at('11:00:00'), at('12:00:00'), 60],
  ])('%s', async (query, from, to, intervalSeconds) => {
    const { status, json } = await read(add(), query);
    expect([status, json['from'], json['to'], json['intervalSeconds']]).toEqual([200, from, to, intervalSeconds]);
    expect(api.novita.metricCalls.map(({ range }) => range)).toEqual([{ from, to, intervalSeconds }]);
  });

  it.each([
    ['?from=yesterday', '?from', /must be a date/],
    ['?from=2026-01-01T11:00:00', '?from', /must end in Z/],
    ['?from=', '?from', /must be a date/],
    ['?from=-5', '?from', /or a number of seconds/],
    ['?to=999999999999999999', '?to', /year 9999/],
    ['?to=1&to=2', '?to', /given once/],
    ['?to=2026-01-01T12:01:01Z', '?to', /future/],
    ['?from=2026-01-01T11:59:30Z', '?from', /at least a minute/],
    ['?from=2026-01-01T11:00:00Z&to=2026-01-01T10:00:00Z', '?from', /at least a minute/],
    ['?to=30', '?to', /at least a minute/],
    ['?from=2025-12-31T11:59:59Z', '?from', /at most 24 h/],
    ['?interval=60', '?interval', /./],
  ])('refuses %s', async (query, pointer, detail) => {
    const answer = await read(add(), query);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({
      code: 'validation-failed',
      errors: [{ pointer, detail: expect.stringMatching(detail) as string }],
    });
    expect(api.novita.metricCalls).toEqual([]);
  });

  describe('that is not known', () => {
    const nothing = { gpu: null, vram: null, cpu: null, memory: null, disk: null };

    it.each<[string, InstanceOverrides]>([
      ['not-at-novita', { novitaInstanceId: null, status: 'creating' }],
      ['gone', { status: 'terminated' }],
      ['not-running', { status: 'stopped', timestamps: { stopped: at('10:59:59') } }],
    ])('is null with the reason %s, without a call', async (reason, overrides) => {
      const answer = await read(add(overrides));
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({
        series: nothing,
        asOf: null,
        lagSeconds: null,
        readAt: null,
        intervalSeconds: null,
        unknown: { reason, detail: expect.any(String) as string },
      });
      expect(api.novita.metricCalls).toEqual([]);
    });

    it.each<[string, InstanceOverrides]>([
      ['not-running', { status: 'stopped', timestamps: { stopped: at('11:30:00') } }],
      ['no-figures', { status: 'running' }],
      ['no-figures', { status: 'ready', origin: 'discovered' }],
    ])('is null with the reason %s when Novita has no figures', async (reason, overrides) => {
      const answer = await read(add(overrides));
      expect(answer.headers['x-data-as-of']).toBe(at('12:00:00'));
      expect(answer.json).toMatchObject({ series: nothing, asOf: null, readAt: at('12:00:00'), unknown: { reason } });
    });

    it('is null when Novita has no such instance any more', async () => {
      api.novita.failure = new NovitaNotFoundError('no such instance', { call: 'GET /metrics/gpu/instance' });
      const answer = await read(add());
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({ series: nothing, readAt: null, unknown: { reason: 'gone' } });
    });

    it('is shown of the time before an instance was stopped', async () => {
      api.novita.metrics = { ...NO_METRICS, gpuUtilization: [point('11:20:00', 80)] };
      const { json } = await read(add({ status: 'stopped', timestamps: { stopped: at('11:30:00') } }));
      expect(json).toMatchObject({ series: { gpu: [shown('11:20:00', 80)] }, lagSeconds: 2_400 });
      expect(json).not.toHaveProperty('unknown');
    });

    it('is a problem when Novita does not answer, as with every other read from Novita', async () => {
      api.novita.failure = new NovitaNetworkError('connection refused', { call: 'GET /metrics/gpu/instance' });
      const answer = await read(add());
      expect(answer.status).toBe(502);
      expect(answer.json).toMatchObject({ code: 'network-error', retryable: true });
      expect(answer.headers).not.toHaveProperty('x-data-as-of');
    });
  });

  it.each(['nobody', 'a%20b'])('says that there is no instance %s', async (id) => {
    const answer = await api.send({ url: `/api/v1/instances/${id}/metrics` });
    expect([answer.status, answer.json['code']]).toEqual([404, 'instance-not-found']);
  });

  it('is for those who may see the instance', async () => {
    const answer = await api.send({ url: `/api/v1/instances/${add().id}/metrics`, as: null });
    expect(answer.status).toBe(401);
  });
});
