import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NovitaUnauthorizedError } from './novita.errors.js';
import type { NovitaApi } from './novita-api.port.js';
import { NovitaKeyCheck } from './novita-key-check.js';

describe('NovitaKeyCheck', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('says once that the key is refused, asks again, and says when Novita answers', async () => {
    const errors = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    const logs = vi.spyOn(Logger.prototype, 'log').mockReturnValue();
    const refused = new NovitaUnauthorizedError('GET /clusters answered 401', {
      call: 'GET /clusters',
      httpStatus: 401,
    });
    const listClusters = vi.fn<NovitaApi['listClusters']>().mockRejectedValue(refused);
    const check = new NovitaKeyCheck({ listClusters } as Partial<NovitaApi> as NovitaApi);
    check.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(90_000);
    expect(listClusters).toHaveBeenCalledTimes(4);
    expect(errors.mock.calls).toEqual([['Novita refuses NOVITA_API_KEY.']]);
    listClusters.mockResolvedValue([]);
    await vi.advanceTimersByTimeAsync(90_000);
    expect(listClusters).toHaveBeenCalledTimes(5);
    expect(logs.mock.calls).toEqual([['Novita answers']]);
    await check.onApplicationShutdown();
  });

  it('ends with its process while Novita is silent', async () => {
    const silent = { listClusters: () => new Promise(() => undefined) };
    const check = new NovitaKeyCheck(silent as unknown as NovitaApi);
    check.onApplicationBootstrap();
    await check.onApplicationShutdown();
    expect(vi.getTimerCount()).toBe(0);
  });
});
