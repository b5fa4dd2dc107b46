import { StoreUnavailableError } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { Problem } from '@app/platform';
import { anInstance } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AGENT_KEY, TestApi } from '../../test/support/test-api.js';

describe('change of auto-stop', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start({ RATE_LIMIT_PER_MINUTE: '100000' });
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.commands.calls.length = 0;
  });

  const change = (autoStop: unknown): ReturnType<TestApi['send']> =>
    api.send({ method: 'PATCH', url: '/api/v1/instances/x1', body: { autoStop }, headers: { 'if-match': '"7"' } });

  it.each([
    [{ enabled: true }],
    [{ enabled: false }],
    [{ enabled: null }],
    [{ thresholdMinutes: 45 }],
    [{ thresholdMinutes: 0.5 }],
    [{ thresholdMinutes: null }],
    [{ holdMinutes: 30 }],
    [{ holdMinutes: null }],
    [{ enabled: null, thresholdMinutes: null }],
    [{ enabled: true, thresholdMinutes: null }],
    [{}],
  ])('hands %j on as it is: null and absent are different things', async (autoStop) => {
    expect((await change(autoStop)).status).toBe(200);
    expect(api.commands.calls[0]?.options).toEqual({ settings: { autoStop }, ifRevision: 7 });
  });

  const hint = expect.stringContaining('to switch auto-stop off, say enabled: false') as string;

  it.each([
    [{ thresholdMinutes: 0 }, '/autoStop/thresholdMinutes', hint],
    [{ thresholdMinutes: -1 }, '/autoStop/thresholdMinutes', hint],
    [{ thresholdMinutes: 'off' }, '/autoStop/thresholdMinutes', hint],
    [{ thresholdMinutes: '45' }, '/autoStop/thresholdMinutes', hint],
    [{ thresholdMinutes: false }, '/autoStop/thresholdMinutes', hint],
    [{ thresholdMinutes: 525_601 }, '/autoStop/thresholdMinutes', 'must be at most 525600'],
    [{ holdMinutes: 0 }, '/autoStop/holdMinutes', 'must be more than 0'],
    [{ holdMinutes: 30.1 }, '/autoStop/holdMinutes', 'must be at most 30'],
    [{ holdMinutes: '5' }, '/autoStop/holdMinutes', 'must be a number of minutes, not text'],
    [{ enabled: 'off' }, '/autoStop/enabled', 'must be true or false, not text; false switches auto-stop off'],
    [{ enabled: 0 }, '/autoStop/enabled', 'must be true or false, not a number; false switches auto-stop off'],
    [null, '/autoStop', expect.stringContaining('null') as string],
    ['off', '/autoStop', expect.stringContaining('must be an object') as string],
    [{ lease: {} }, '/autoStop/lease', 'is not a known member'],
  ])('refuses %j with what to say instead', async (autoStop, pointer, detail) => {
    const answer = await change(autoStop);
    expect(answer.status).toBe(400);
    expect(answer.json['errors']).toEqual([{ pointer, detail }]);
    expect(api.commands.calls).toEqual([]);
  });
});

describe('change of settings of an instance', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start({ RATE_LIMIT_PER_MINUTE: '100000' });
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.commands.failure = null;
    api.commands.outcome = 'accepted';
    api.commands.stored = { record: Object.freeze(anInstance()), lastUsedAt: null };
    api.commands.calls.length = 0;
  });

  const change = (body: unknown, headers = {}): ReturnType<TestApi['send']> =>
    api.send({ method: 'PATCH', url: '/api/v1/instances/5f2c8d1e9a7b4c30', body, headers });

  it.each(['"7"', '"7-lx8m2k"'])('goes on revision 7 for If-Match %s', async (tag) => {
    const settings = { autoStop: { enabled: false, thresholdMinutes: 1.5 }, webhookUrl: null };
    const answer = await change(settings, { 'if-match': tag });
    expect(answer.status).toBe(200);
    expect(answer.headers['etag']).toBe('"1"');
    expect(api.commands.calls).toEqual([
      {
        command: 'settings',
        target: '5f2c8d1e9a7b4c30',
        caller: 'the-operator',
        options: { settings, ifRevision: 7 },
      },
    ]);
  });

  it.each([90, 0.5, null])('takes a lifetime of %s minutes', async (maxLifetimeMinutes) => {
    expect((await change({ maxLifetimeMinutes }, { 'if-match': '*' })).status).toBe(200);
    expect(api.commands.calls[0]?.options).toEqual({ settings: { maxLifetimeMinutes }, ifRevision: null });
  });

  it.each([
    [0, 'must be more than 0'],
    ['8h', 'must be a number of minutes, not text'],
    [5_256_001, 'must be at most 5256000'],
  ])('refuses a lifetime of %j', async (maxLifetimeMinutes, detail) => {
    const answer = await change({ maxLifetimeMinutes }, { 'if-match': '*' });
    expect([answer.status, answer.json['errors']]).toEqual([400, [{ pointer: '/maxLifetimeMinutes', detail }]]);
    expect(api.commands.calls).toEqual([]);
  });

  it('holds a lifetime by a key with limits against what the day has left, and asks for that only then', async () => {
    const authorization = `Bearer ${AGENT_KEY}`;
    await change({ maxLifetimeMinutes: 90 }, { 'if-match': '*', authorization });
    const fromMs = api.clock.now();
    expect(api.commands.calls[0]?.options).toMatchObject({
      settings: { maxLifetimeMinutes: 90, cap: { usdPerHour: 2, day: { leftUsd: 20, fromMs } } },
    });
    api.store.failure = new StoreUnavailableError('away');
    api.commands.calls.length = 0;
    // Whether it is longer, so that a cap is needed, the command knows.
    await change({ maxLifetimeMinutes: 90 }, { 'if-match': '*', authorization });
    expect(api.commands.calls[0]?.options).toMatchObject({ settings: { capFailure: api.store.failure } });
    api.commands.calls.length = 0;
    await change({ webhookUrl: null }, { 'if-match': '*', authorization });
    api.store.failure = null;
    expect(api.commands.calls[0]?.options).toEqual({ settings: { webhookUrl: null }, ifRevision: null });
  });

  it('asks for no revision for *', async () => {
    const { record } = api.store.put(anInstance({ revision: 12 }));
    const answer = await api.send({
      method: 'PATCH',
      url: `/api/v1/instances/${record.id}`,
      body: { webhookUrl: 'https://hooks.example.com' },
      headers: { 'if-match': '*' },
    });
    expect(answer.status).toBe(200);
    expect(api.commands.calls[0]?.options).toMatchObject({ ifRevision: null });
  });

  it('wants If-Match', async () => {
    const answer = await change({ webhookUrl: null });
    expect(answer.status).toBe(428);
    expect(answer.json['code']).toBe('precondition-required');
  });

  it.each(['7', '"abc"', '""', 'W/"7"'])('matches nothing with %s', async (tag) => {
    const answer = await change({ webhookUrl: null }, { 'if-match': tag });
    expect(answer.status).toBe(412);
    expect(api.commands.calls).toEqual([]);
  });

  it('says that it has changed', async () => {
    api.commands.failure = new Problem(lifecycleProblems['revision-mismatch'], { detail: 'It is 8.' });
    const answer = await change({ webhookUrl: null }, { 'if-match': '"7"' });
    expect(answer.status).toBe(412);
    expect(answer.json['code']).toBe('revision-mismatch');
  });

  it.each([
    [{}, ''],
    [{ name: 'other' }, '/name'],
    [{ autoStop: { enabled: 'no' } }, '/autoStop/enabled'],
    [{ webhookUrl: 'ftp://x' }, '/webhookUrl'],
  ])('refuses %j', async (body, pointer) => {
    const answer = await change(body, { 'if-match': '"7"' });
    expect(answer.status).toBe(400);
    expect(answer.json['errors']).toEqual([{ pointer, detail: expect.any(String) as string }]);
  });
});
