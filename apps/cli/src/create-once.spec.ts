import { createClient, createConfig } from '@novita-fleet/client';
import { beforeEach, describe, expect, it } from 'vitest';
import { createOnce } from './create-once.js';
import { ApiProblem, EXIT } from './failure.js';
import type { ApiSession } from './session.js';

const URL_OF_FLEET = 'http://fleet.example';
const BODY = { name: 'llama', productName: 'RTX 4090', image: 'nginx' };

function answer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
}
const problem = (status: number, code: string, headers = {}): Response =>
  answer(status, { status, code, detail: `${code}.`, suggestion: '' }, headers);
const busy = (headers = {}): Response => problem(409, 'request-in-flight', headers);
const MADE = { id: 'ins_1', message: 'It is being created.' };

describe('a create', () => {
  /** What is answered, one after the other; the last one from then on. Null: the answer is lost. */
  let answers: (() => Response | 'refused' | null)[];
  let stop: AbortController;
  let keys: (string | null)[];
  let pauses: number[];
  let notes: number;

  beforeEach(() => {
    [answers, keys, pauses, notes] = [[], [], [], 0];
    stop = new AbortController();
  });

  const create = () => {
    const fetching = async (input: Request | URL | string, init?: RequestInit): Promise<Response> => {
      keys.push(new Request(input, init).headers.get('idempotency-key'));
      const next = answers.length > 1 ? answers.shift() : answers[0];
      const response = next?.() ?? null;
      if (response === null) throw new TypeError('fetch failed');
      if (response === 'refused') {
        throw new TypeError('fetch failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) });
      }
      return response;
    };
    const client = createClient(createConfig({ baseUrl: URL_OF_FLEET, fetch: fetching }));
    const { signal } = stop;
    const session: ApiSession = { client, profile: { url: URL_OF_FLEET, key: 'key' }, signal };
    return createOnce(
      session,
      BODY,
      () => (notes += 1),
      async (ms) => {
        pauses.push(ms);
        signal.throwIfAborted();
      },
    );
  };

  it('whose answer is lost is asked for again by the same key, as long as the first try is worked on', async () => {
    const later = { 'retry-after': '7' };
    answers = [
      () => null,
      () => busy(later),
      () => busy(),
      () => busy({ 'retry-after': '0' }),
      () => answer(201, MADE),
    ];
    expect(await create()).toEqual(MADE);
    // As Retry-After says; where it says nothing, or nothing of use, a while.
    expect(pauses).toEqual([3_000, 7_000, 3_000, 1_000]);
    expect(notes).toBe(1);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('that is worked on for longer than a dead process could hold it up is left, and what to do is said', async () => {
    answers = [() => busy({ 'retry-after': '25' })];
    const failure = await create().catch((error: unknown) => error);
    expect(failure).toMatchObject({ exitCode: EXIT.failed });
    expect(String(failure)).toContain('for 2 min');
    expect(String(failure)).toContain('it may be renting "llama". Look with `novita-fleet get llama` before');
    expect(pauses).toEqual(Array.from({ length: 6 }, () => 25_000));
  });

  it('that nobody answers after it was worked on may have been made', async () => {
    answers = [() => busy(), () => null];
    await expect(create()).rejects.toThrow('when last heard of, so it may be renting "llama"');
    expect(keys).toHaveLength(5);
  });

  it.each([
    ['nobody listens any more', () => 'refused' as const],
    ['a proxy answers', () => answer(502, 'Bad Gateway')],
    ['the service has a fault', () => problem(503, 'redis-unavailable')],
  ])('whose answer is lost may have been made, though from then on %s', async (_, then) => {
    answers = [() => null, then];
    await expect(create()).rejects.toThrow('may have got this create, so it may be renting "llama"');
    expect(keys).toHaveLength(4);
  });

  it('that never reached anybody is not said to be made', async () => {
    answers = [() => 'refused'];
    await expect(create()).rejects.toThrow(/does not answer \(refused\)/);
    expect(keys).toHaveLength(4);
  });

  it('that the user interrupts may have been made, unless no try can have arrived', async () => {
    const stopAt = (response: Response | 'refused' | null) => () => {
      stop.abort(new Error('interrupted'));
      return response;
    };
    answers = [stopAt(null)];
    await expect(create()).rejects.toThrow('it may be renting "llama"');
    stop = new AbortController();
    const afterThe = (response: Response | 'refused' | null) => {
      answers = [() => response];
      const made = create();
      pauses.push = (...ms) => {
        stop.abort(new Error('interrupted'));
        return ms.length;
      };
      return made;
    };
    await expect(afterThe(busy())).rejects.toThrow('it may be renting "llama"');
    stop = new AbortController();
    await expect(afterThe('refused')).rejects.toThrow(/^interrupted$/);
  });

  it('that is refused is not asked for again', async () => {
    answers = [() => problem(403, 'key-limit-reached')];
    await expect(create()).rejects.toBeInstanceOf(ApiProblem);
    answers = [() => busy(), () => problem(409, 'out-of-stock')];
    await expect(create()).rejects.toThrow('out-of-stock.');
    expect(keys).toHaveLength(3);
  });

  it('that meets faults is given up after four tries', async () => {
    answers = [() => problem(503, 'redis-unavailable')];
    await expect(create()).rejects.toThrow('redis-unavailable.');
    expect(pauses).toEqual([3_000, 6_000, 9_000]);
  });
});
