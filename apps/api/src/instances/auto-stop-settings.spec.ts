import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

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
