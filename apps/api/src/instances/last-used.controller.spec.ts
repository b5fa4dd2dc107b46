import type { NovitaInstanceId } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import { anInstance } from '@app/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestAnswer, TestApi } from '../../test/support/test-api.js';
import { notBeforeStart, notInFuture } from './last-used.rules.js';

const at = (time: string): Timestamp => `2026-01-01T${time}.000Z` as Timestamp;

describe('PUT last-used', () => {
  let api: TestApi;
  const record = anInstance({
    novitaInstanceId: '5f2c8d1e9a7b4c30' as NovitaInstanceId,
    timestamps: { created: at('09:00:00'), started: at('10:00:00') },
  });

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });

  const report = (body?: unknown, id: string = record.id): Promise<TestAnswer> =>
    api.send({ method: 'PUT', url: `/api/instances/${id}/last-used`, ...(body !== undefined && { body }) });

  it.each([undefined, {}, { source: 'gateway' }, ''])('means now with the body %j', async (body) => {
    api.store.put(record, at('11:00:00'));
    const reads = api.store.gets.length;
    const answer = await report(body);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      instanceId: record.id,
      lastUsedAt: at('12:00:00'),
      status: 'creating',
      message: 'Last used time updated',
    });
    expect(api.store.gets).toHaveLength(reads);
  });

  it.each([
    [undefined, 'user:the-operator'],
    [{}, 'user:the-operator'],
    [{ source: 'gateway:eu/1' }, 'user:the-operator:gateway:eu/1'],
    [{ source: 's'.repeat(100), lastUsedAt: at('11:00:00') }, `user:the-operator:${'s'.repeat(100)}`],
  ])('says who reported it (%#)', async (body, by) => {
    api.store.put(record);
    expect((await report(body)).status).toBe(200);
    expect(api.store.touches.at(-1)).toMatchObject({ id: record.id, by });
  });

  it.each([
    ['ready', 'Last used time updated'],
    ['starting', 'Last used time updated'],
    ['stopping', 'Last used time updated, but it is being stopped: the report came too late'],
    ['stopped', 'Last used time updated, but it is stopped, and a report of use does not start it'],
    ['deleting', 'Last used time updated, but it is being deleted'],
  ] as const)('says what it cannot change about one that is %s', async (status, message) => {
    api.store.put({ ...record, status });
    expect((await report()).json).toMatchObject({ status, message });
  });

  it('takes the Novita id and a time that was reported', async () => {
    api.store.put(record);
    const answer = await report({ lastUsedAt: '2026-01-01T12:30:00+01:00' }, '5f2c8d1e9a7b4c30');
    expect(answer.json).toMatchObject({ instanceId: record.id, lastUsedAt: at('11:30:00') });
  });

  it('never goes back, and says so', async () => {
    api.store.put(record, at('11:45:00'));
    const answer = await report({ lastUsedAt: at('11:30:00') });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ lastUsedAt: at('11:45:00'), message: 'A later use is known already' });
    api.store.put({ ...record, status: 'stopping' }, at('11:45:00'));
    expect((await report({ lastUsedAt: at('11:30:00') })).json['message']).toBe(
      'A later use is known already, but it is being stopped: the report came too late',
    );
  });

  it('takes a clock that is a little ahead for now', async () => {
    api.store.put(record);
    expect((await report({ lastUsedAt: at('12:00:05') })).json['lastUsedAt']).toBe(at('12:00:00'));
  });

  it.each([
    ['the future', at('12:00:06'), 'lies in the future'],
    ['before the start', at('09:59:54'), `lies before the start of the instance at ${at('10:00:00')}`],
  ])('refuses %s', async (_what, lastUsedAt, detail) => {
    api.store.put(record);
    const touches = api.store.touches.length;
    const answer = await report({ lastUsedAt });
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({
      code: 'last-used-not-plausible',
      errors: [{ pointer: '/lastUsedAt', detail }],
    });
    expect(api.store.touches).toHaveLength(touches);
  });

  it('counts from the creation before the first start', async () => {
    const { record: fresh } = api.store.put(anInstance({ timestamps: { created: at('09:00:00') } }));
    expect((await report({ lastUsedAt: at('09:00:00') }, fresh.id)).status).toBe(200);
    expect((await report({ lastUsedAt: at('08:59:00') }, fresh.id)).status).toBe(422);
  });

  it.each([
    [{ lastUsedAt: 'yesterday' }, '/lastUsedAt'],
    [{ lastUsedAt: '2026-02-30T10:00:00Z' }, '/lastUsedAt'],
    [{ lastUsedAt: 1767268800000 }, '/lastUsedAt'],
    [{ source: 'a b' }, '/source'],
    [{ by: 'me' }, '/by'],
  ])('refuses %j', async (body, pointer) => {
    api.store.put(record);
    const answer = await report(body);
    expect(answer.status).toBe(400);
    expect(answer.json['errors']).toMatchObject([{ pointer }]);
  });

  it.each([undefined, { lastUsedAt: at('11:00:00') }])('knows no instance that is not there (%j)', async (body) => {
    const answer = await report(body, 'nobody');
    expect(answer.status).toBe(404);
    expect(answer.json['code']).toBe('instance-not-found');
  });
});

const NOW = Date.UTC(2026, 0, 1);
const SKEW = 5_000;
const iso = (ms: number): Timestamp => new Date(ms).toISOString() as Timestamp;

describe('what a report of use may say', () => {
  it('is never later than now, whatever the clock of the client says', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), (offset) => {
        const verdict = notInFuture(NOW + offset, NOW);
        expect(verdict.valid).toBe(offset <= SKEW);
        if (verdict.valid) expect(Date.parse(verdict.at)).toBe(Math.min(NOW, NOW + offset));
      }),
    );
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('is a time: %s is none', (ms) => {
    expect(notInFuture(ms, NOW).valid).toBe(false);
  });

  it.each([
    [0, true],
    [-SKEW, true],
    [-SKEW - 1, false],
  ])('%i ms from the start: %s', (offset, valid) => {
    expect(notBeforeStart(iso(NOW + offset), iso(NOW)).valid).toBe(valid);
  });
});
