import { partialNovita } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NovitaUnauthorizedError } from './novita.errors.js';
import type { CatalogueResource } from './novita.js';
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
    const clusters = vi.fn<CatalogueResource['clusters']>().mockRejectedValue(refused);
    const check = new NovitaKeyCheck(partialNovita({ catalogue: { clusters } }));
    check.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(90_000);
    expect(clusters).toHaveBeenCalledTimes(4);
    expect(errors.mock.calls).toEqual([['Novita refuses NOVITA_API_KEY.']]);
    clusters.mockResolvedValue([]);
    await vi.advanceTimersByTimeAsync(90_000);
    expect(clusters).toHaveBeenCalledTimes(5);
    expect(logs.mock.calls).toEqual([['Novita answers']]);
    await check.onApplicationShutdown();
  });

  it('ends with its process while Novita is silent', async () => {
    const clusters = () => new Promise<never>(() => undefined);
    const check = new NovitaKeyCheck(partialNovita({ catalogue: { clusters } }));
    check.onApplicationBootstrap();
    await check.onApplicationShutdown();
    expect(vi.getTimerCount()).toBe(0);
  });
});
