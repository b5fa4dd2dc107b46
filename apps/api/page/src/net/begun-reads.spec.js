import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { beginReads, takeBegunRead } from './begun-reads.js';
import { HttpClient } from './http-client.js';

const ME = '/api/v1/me';

describe('reads that were begun before the script of the page was there', () => {
  /** @type {import('vitest').Mock<(address: string, init: RequestInit) => Promise<Response>>} */
  let fetched;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
    fetched = vi.fn(async () => Response.json({ name: 'ops' }));
    vi.stubGlobal('fetch', fetched);
  });
  afterEach(() => {
    // What one test has left begun is taken, so that none gets the answer of another.
    void takeBegunRead(ME, '', new AbortController().signal);
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('are asked for with the key, and kept by no cache', () => {
    beginReads('the-key', [ME]);
    const headers = { authorization: 'Bearer the-key' };
    expect(fetched.mock.calls).toEqual([[ME, expect.objectContaining({ headers, cache: 'no-store' })]]);
  });

  it('answer the first call that asks for the same, and no further one', async () => {
    beginReads('the-key', [ME]);
    const http = new HttpClient('the-key');
    expect((await http.get(ME)).body).toEqual({ name: 'ops' });
    expect(fetched).toHaveBeenCalledTimes(1);
    await http.get(ME);
    expect(fetched).toHaveBeenCalledTimes(2);
  });

  it('answer no command, no other address and no other key', async () => {
    beginReads('the-key', [ME]);
    const http = new HttpClient('the-key');
    await http.post(ME);
    await http.get('/api/v1/instances');
    await new HttpClient('another-key').get(ME);
    expect(fetched).toHaveBeenCalledTimes(4);
    expect(fetched.mock.calls[0]?.[1]?.signal?.aborted).toBe(true);
  });

  it('answer nobody who comes much later', async () => {
    beginReads('the-key', [ME]);
    vi.advanceTimersByTime(10_001);
    await new HttpClient('the-key').get(ME);
    expect(fetched).toHaveBeenCalledTimes(2);
  });

  it('are broken off by whoever has taken them', async () => {
    fetched.mockImplementation(
      (_address, { signal }) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    );
    beginReads('the-key', [ME]);
    const abort = new AbortController();
    const answer = new HttpClient('the-key').get(ME, { signal: abort.signal });
    abort.abort(new Error('left'));
    await expect(answer).rejects.toThrow('left');
  });

  it('fail as any other call does', async () => {
    fetched.mockRejectedValue(new TypeError('no connection'));
    beginReads('the-key', [ME]);
    await expect(new HttpClient('the-key').get(ME)).rejects.toMatchObject({ status: 0 });
    expect(fetched).toHaveBeenCalledTimes(1);
  });
});
