import { autoStopProblems } from '@app/auto-stop';
import type { NovitaInstanceId } from '@app/instance-store';
import { Problem, type Timestamp } from '@app/platform';
import { anInstance } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestAnswer, TestApi, type TestRequest } from '../../test/support/test-api.js';

const NOVITA_ID = '5f2c8d1e9a7b4c30' as NovitaInstanceId;
const at = (time: string): Timestamp => `2026-01-01T${time}.000Z` as Timestamp;

describe('the lease of an instance', () => {
  let api: TestApi;
  const lease = { until: at('16:00:00'), by: 'user:the-operator', reason: 'training' };
  const record = anInstance({
    novitaInstanceId: NOVITA_ID,
    status: 'ready',
    autoStop: { lease },
    timestamps: { created: at('09:00:00'), ready: at('09:01:00') },
  });

  beforeAll(async () => {
    api = await TestApi.start({ RATE_LIMIT_PER_MINUTE: '100000' });
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.autoStop.calls.length = 0;
    api.autoStop.failure = null;
    api.autoStop.stored = { record: Object.freeze(record), lastUsedAt: at('11:00:00') };
  });

  const put = (body: unknown, more: Partial<TestRequest> = {}): Promise<TestAnswer> =>
    api.send({ method: 'PUT', url: `/api/v1/instances/${record.id}/lease`, body, ...more });

  it.each(['/api', '/api/v1'])('is taken under %s until a time or for some minutes, by either id', async (base) => {
    const asked = [
      [record.id, { until: '2026-01-01T17:00:00+01:00', reason: ' training ' }, at('16:00:00')],
      [NOVITA_ID, { minutes: 240, reason: 'training' }, at('16:00:00')],
      [record.id, { minutes: 0.5, reason: 'training' }, at('12:00:30')],
    ] as const;
    for (const [id, body, until] of asked) {
      const answer = await put(body, { url: `${base}/instances/${id}/lease` });
      expect(answer.status).toBe(200);
      expect(api.autoStop.calls.at(-1)).toEqual({
        command: 'lease',
        id,
        lease: { until, reason: 'training' },
        by: 'the-operator',
      });
      expect(answer.json).toMatchObject({
        id: record.id,
        instanceId: record.id,
        message: `Not stopped as idle before ${until}`,
        autoStop: { lease },
        autoStopAt: at('16:20:00'),
      });
      const { revision } = answer.json as { readonly revision: number };
      expect(answer.headers['etag']).toMatch(new RegExp(`^"${revision}[-"]`));
    }
  });

  it.each([
    ['neither time nor minutes', { reason: 'x' }, ''],
    ['both', { reason: 'x', minutes: 5, until: at('16:00:00') }, '/minutes'],
    ['no reason', { minutes: 5 }, '/reason'],
    ['an empty reason', { minutes: 5, reason: '' }, '/reason'],
    ['a blank reason', { minutes: 5, reason: '  ' }, '/reason'],
    ['a reason of two lines', { minutes: 5, reason: 'a\nb' }, '/reason'],
    ['a long reason', { minutes: 5, reason: 'x'.repeat(201) }, '/reason'],
    ['a reason that is a number', { minutes: 5, reason: 5 }, '/reason'],
    ['no minutes', { minutes: 0, reason: 'x' }, '/minutes'],
    ['minutes of the past', { minutes: -5, reason: 'x' }, '/minutes'],
    ['minutes as a text', { minutes: '5', reason: 'x' }, '/minutes'],
    ['neither, as null', { minutes: null, reason: 'x' }, ''],
    ['too many minutes', { minutes: 43_201, reason: 'x' }, '/minutes'],
    ['a time in words', { until: 'tomorrow', reason: 'x' }, '/until'],
    ['a week', { until: '2026-W10', reason: 'x' }, '/until'],
    ['a day', { until: '2026-01-02', reason: 'x' }, '/until'],
    ['an unknown member', { minutes: 5, reason: 'x', by: 'me' }, '/by'],
  ])('refuses %s', async (_what, body, pointer) => {
    const answer = await put(body);
    expect(answer.status).toBe(400);
    const errors = answer.json['errors'] as { pointer: string }[];
    expect(errors.map((error) => error.pointer)).toEqual([pointer]);
    expect(api.autoStop.calls).toEqual([]);
  });

  it.each([
    [{ minutes: 40_000, reason: 'x' }, '/minutes'],
    [{ until: '2026-02-01T00:00:00Z', reason: 'x' }, '/until'],
  ])('names the member that made it too long: %j', async (body, pointer) => {
    api.autoStop.failure = new Problem(autoStopProblems['lease-not-plausible'], {
      detail: 'too long',
      errors: [{ pointer: '/until', detail: 'must lie after now' }],
    });
    expect((await put(body)).json['errors']).toEqual([
      { pointer, detail: expect.stringContaining('must lie after now') as string },
    ]);
  });

  it('says why it wants a reason', async () => {
    expect((await put({ minutes: 5 })).json['detail']).toContain('shows others why');
  });

  it('passes on that a time cannot be meant', async () => {
    api.autoStop.failure = new Problem(autoStopProblems['lease-not-plausible'], { detail: 'It is over.' });
    const answer = await put({ until: at('11:00:00'), reason: 'x' });
    expect(answer.status).toBe(422);
    expect(answer.json['code']).toBe('lease-not-plausible');
  });

  it('ends', async () => {
    const { lease: _, ...autoStop } = record.autoStop;
    api.autoStop.stored = { record: Object.freeze({ ...record, autoStop, revision: 2 }), lastUsedAt: null };
    const answer = await api.send({ method: 'DELETE', url: `/api/instances/${NOVITA_ID}/lease` });
    expect(answer.status).toBe(200);
    expect(api.autoStop.calls).toEqual([{ command: 'end-lease', id: NOVITA_ID, by: 'the-operator' }]);
    expect(answer.json).toMatchObject({
      instanceId: record.id,
      message: expect.any(String) as string,
      autoStop: {},
      autoStopAt: at('09:21:00'),
    });
  });

  it('is for operators, and for instances that can be', async () => {
    for (const method of ['PUT', 'DELETE'] as const) {
      const url = `/api/v1/instances/${record.id}/lease`;
      const body = { minutes: 5, reason: 'x' };
      expect((await api.send({ method, url, as: 'viewer', body })).status).toBe(403);
      expect((await api.send({ method, url: '/api/v1/instances/a%20b/lease', body })).status).toBe(404);
    }
    expect(api.autoStop.calls).toEqual([]);
  });

  it('is not taken twice for one key', async () => {
    const headers = { 'idempotency-key': 'lease-1' };
    const first = await put({ minutes: 5, reason: 'x' }, { headers });
    const repeat = await put({ minutes: 5, reason: 'x' }, { headers });
    expect(repeat.text).toBe(first.text);
    expect(api.autoStop.calls).toHaveLength(1);
  });
});
