import { afterEach, describe, expect, it, vi } from 'vitest';
import { HttpClient, withQuery } from './http-client.js';

/** @param {() => Promise<Response>} answer */
function client(answer) {
  const fetched = vi.fn((/** @type {string} */ _path, /** @type {RequestInit} */ _init) => answer());
  vi.stubGlobal('fetch', fetched);
  const told = vi.fn();
  return { http: new HttpClient('the-key', told), fetched, told };
}

describe('HttpClient', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('sends the key and JSON, and answers what came', async () => {
    const { http, fetched, told } = client(async () =>
      Response.json({ a: 1 }, { headers: { 'x-data-source': 'redis' } }),
    );
    const answer = await http.post('/api/v1/x', { b: 2 });
    expect([answer.status, answer.body]).toEqual([200, { a: 1 }]);
    expect(fetched.mock.calls[0]?.[1]).toMatchObject({
      method: 'POST',
      body: '{"b":2}',
      headers: { authorization: 'Bearer the-key', 'content-type': 'application/json' },
    });
    expect(told).toHaveBeenCalledWith(expect.objectContaining({ ok: true, status: 200 }));
  });

  it('throws the problem of a refusal, with its status', async () => {
    const problem = { code: 'forbidden', title: 'Not allowed', suggestion: 'Use another key.' };
    const { http } = client(async () => Response.json(problem, { status: 403 }));
    await expect(http.get('/api/v1/x')).rejects.toMatchObject({ ...problem, status: 403 });
  });

  it('makes a problem of a refusal that explains nothing', async () => {
    const { http } = client(async () => new Response('<h1>Bad gateway</h1>', { status: 502 }));
    await expect(http.get('/api/v1/x')).rejects.toMatchObject({ code: 'unexpected-answer', status: 502 });
  });

  it('takes a failure for an answer where the caller says so', async () => {
    const { http } = client(async () => Response.json({ status: 'error' }, { status: 503 }));
    expect((await http.get('/health', { alsoFine: [503] })).body).toEqual({ status: 'error' });
  });

  it('says that nobody answers', async () => {
    const { http, told } = client(() => Promise.reject(new TypeError('Failed to fetch')));
    await expect(http.get('/api/v1/x')).rejects.toMatchObject({ code: 'api-unreachable', status: 0 });
    expect(told).toHaveBeenCalledWith({ ok: false, status: 0, headers: null, isNews: true });
  });

  it('hands on that the caller gave up', async () => {
    const { http, told } = client(() => Promise.reject(new DOMException('gave up', 'AbortError')));
    await expect(http.get('/x', { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(told).not.toHaveBeenCalled();
  });
});

describe('withQuery', () => {
  it('leaves out what is not given', () => {
    expect(withQuery('/x', { a: 1, b: '', c: null, d: undefined, e: 'x y' })).toBe('/x?a=1&e=x+y');
    expect(withQuery('/x', { a: null })).toBe('/x');
  });
});

it('tells of a call that ran out of patience that a later one was answered', async () => {
  /** @type {((response: Response) => void)[]} */
  const replies = [];
  /** @type {((error: unknown) => void)[]} */
  const failures = [];
  vi.stubGlobal('fetch', () => new Promise((resolve, reject) => (replies.push(resolve), failures.push(reject))));
  /** @type {unknown[]} */
  const noted = [];
  const http = new HttpClient('k', ({ status, isNews }) => noted.push([status, isNews]));
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

it('sends nothing and tells nothing once it has ended', async () => {
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
