import { afterEach, describe, expect, it, vi } from 'vitest';
import { HttpClient, IdempotencyKey, isOutcomeUnknown, NewestRead, newIdempotencyKey } from './http-client.js';

/** @param {() => Promise<Response>} answer */
function client(answer) {
  const fetched = vi.fn((/** @type {string} */ _path, /** @type {RequestInit} */ _init) => answer());
  vi.stubGlobal('fetch', fetched);
  const noted = vi.fn();
  return { http: new HttpClient('the-key', noted), fetched, noted };
}

describe('HttpClient', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('sends the key and JSON, and answers what came', async () => {
    const { http, fetched, noted } = client(async () =>
      Response.json({ a: 1 }, { headers: { 'x-data-source': 'redis' } }),
    );
    const answer = await http.post('/api/v1/x', { b: 2 });
    expect([answer.status, answer.body]).toEqual([200, { a: 1 }]);
    expect(fetched.mock.calls[0]?.[1]).toMatchObject({
      method: 'POST',
      body: '{"b":2}',
      headers: { authorization: 'Bearer the-key', 'content-type': 'application/json' },
    });
    expect(noted).toHaveBeenCalledWith(expect.objectContaining({ ok: true, status: 200 }));
  });

  it('throws the problem of a rejection, with its status', async () => {
    const problem = { code: 'forbidden', title: 'Not allowed' };
    const { http } = client(async () => Response.json(problem, { status: 403 }));
    await expect(http.get('/api/v1/x')).rejects.toMatchObject({ ...problem, status: 403 });
  });

  it('makes a problem of a rejection that explains nothing', async () => {
    const { http } = client(async () => new Response('<h1>Bad gateway</h1>', { status: 502 }));
    await expect(http.get('/api/v1/x')).rejects.toMatchObject({ code: 'unexpected-answer', status: 502 });
  });

  it('takes a failure for an answer where the caller says so', async () => {
    const { http } = client(async () => Response.json({ status: 'error' }, { status: 503 }));
    expect((await http.get('/health', { alsoFine: [503] })).body).toEqual({ status: 'error' });
  });

  it('says that nobody answers', async () => {
    const { http, noted } = client(() => Promise.reject(new TypeError('Failed to fetch')));
    await expect(http.get('/api/v1/x')).rejects.toMatchObject({ code: 'api-unreachable', status: 0 });
    expect(noted).toHaveBeenCalledWith({ ok: false, status: 0, headers: null, isNewest: true });
  });

  it('hands on that the caller gave up', async () => {
    const { http, noted } = client(() => Promise.reject(new DOMException('gave up', 'AbortError')));
    await expect(http.get('/x', { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(noted).not.toHaveBeenCalled();
  });
});

it('says of a call that ran out of patience that a later one was answered', async () => {
  /** @type {((response: Response) => void)[]} */
  const replies = [];
  /** @type {((error: unknown) => void)[]} */
  const failures = [];
  vi.stubGlobal('fetch', () => new Promise((resolve, reject) => (replies.push(resolve), failures.push(reject))));
  /** @type {unknown[]} */
  const noted = [];
  const http = new HttpClient('k', ({ status, isNewest }) => noted.push([status, isNewest]));
  const slow = http.get('/slow').catch(() => undefined);
  const quick = http.get('/quick');
  replies[1]?.(new Response('{}'));
  await quick;
  failures[0]?.(new Error('time is up'));
  await slow;
  expect(noted).toEqual([
    [200, true],
    [0, false],
  ]);
  vi.unstubAllGlobals();
});

it('sends nothing and reports nothing once it has ended', async () => {
  const noted = vi.fn();
  vi.stubGlobal('fetch', (/** @type {string} */ _path, /** @type {RequestInit} */ { signal }) => {
    signal?.throwIfAborted();
    return new Response('{}');
  });
  const http = new HttpClient('k', noted);
  http.end();
  await expect(http.get('/any')).rejects.toThrow(/abort/i);
  expect(noted).not.toHaveBeenCalled();
  vi.unstubAllGlobals();
});

it('refuses an answer that comes after one that was asked for later', () => {
  const reads = new NewestRead();
  const first = reads.begin();
  const second = reads.begin();
  expect(second()).toBe(true);
  expect(first()).toBe(false);
});

it('takes each of the answers that come in their order, also while later ones are awaited', () => {
  const reads = new NewestRead();
  const turns = [reads.begin(), reads.begin(), reads.begin()];
  expect(turns.map((isNewest) => isNewest())).toEqual([true, true, true]);
});

it('is the same for the same content sent again', () => {
  const keys = new IdempotencyKey();
  const first = keys.for({ name: 'a' });
  expect(keys.for({ name: 'a' })).toBe(first);
  expect(keys.for({ name: 'b' })).not.toBe(first);
});

it('is another one after a rejection', () => {
  const keys = new IdempotencyKey();
  const first = keys.for({ name: 'a' });
  keys.forget();
  expect(keys.for({ name: 'a' })).not.toBe(first);
});

it('is never the same by chance, and what a header may carry', () => {
  const keys = new Set(Array.from({ length: 100 }, newIdempotencyKey));
  expect(keys.size).toBe(100);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
});

it('knows when the outcome is open', () => {
  expect([0, 502, 503, 400, 409, 422].map(isOutcomeUnknown)).toEqual([true, true, true, false, false, false]);
});
