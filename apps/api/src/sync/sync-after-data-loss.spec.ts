import { afterEach, describe, expect, it, vi } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

describe('the sync after a loss of data', () => {
  let api: TestApi;
  afterEach(async () => {
    vi.useRealTimers();
    await api.stop();
  });

  it('is asked for once for each loss', async () => {
    api = await TestApi.start();
    expect(api.syncs.commands).toEqual([]);
    api.fleet.loseData();
    await vi.waitFor(() => expect(api.syncs.commands).toEqual(['request a run']));
  });

  it('is asked for until it is enqueued', async () => {
    api = await TestApi.start();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    api.syncs.failure = new Error('Redis is away');
    api.fleet.loseData();
    await vi.advanceTimersByTimeAsync(1);
    api.syncs.failure = null;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(api.syncs.commands).toEqual(['request a run', 'request a run']);
  });
});
