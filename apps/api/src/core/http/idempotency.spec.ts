import { StoreUnavailableError } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { Problem } from '@app/platform';
import { anInstance, FakeClock } from '@app/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeIdempotencyStore, SHORT_TIMES } from '../../../test/support/idempotency-conformance.js';
import { type TestAnswer, TestApi, type TestRequest } from '../../../test/support/test-api.js';
import { isIdempotencyKey, requestFingerprint, storedKey } from './idempotency.js';
import { IdempotencyStore, IdempotencyUnavailableError, MemoryIdempotencyStore } from './idempotency-store.js';

const BODY = { name: 'llama', productName: 'RTX 4090', image: 'nginx' };

describe('Idempotency-Key', () => {
  let api: TestApi;

  // Each test has keys of its own.
  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    vi.restoreAllMocks();
    api.commands.clear();
  });

  const create = (key: string, change: Partial<TestRequest> = {}): Promise<TestAnswer> =>
    api.send({ method: 'POST', url: '/api/v1/instances', body: BODY, ...change, headers: { 'idempotency-key': key } });

  it('creates once and gives the first answer again', async () => {
    const first = await create('k1');
    expect(first.status).toBe(201);
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    api.commands.stored = { record: Object.freeze(anInstance()), lastUsedAt: null };
    const again = await create('k1', { body: JSON.stringify(Object.fromEntries(Object.entries(BODY).toReversed())) });
    expect(again.status).toBe(201);
    expect(again.text).toBe(first.text);
    expect(again.headers['idempotency-replayed']).toBe('true');
    for (const header of ['location', 'etag', 'content-type', 'x-data-as-of']) {
      expect(again.headers[header]).toBe(first.headers[header]);
    }
    expect(again.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    expect(api.commands.calls).toHaveLength(1);
  });

  it('is the same under both prefixes, and apart for each caller', async () => {
    await create('k2');
    expect((await create('k2', { url: '/api/instances' })).headers['idempotency-replayed']).toBe('true');
    expect((await create('k2', { as: 'admin' })).headers).not.toHaveProperty('idempotency-replayed');
    expect(api.commands.calls).toHaveLength(2);
  });

  it('holds a repeat back while the first is under way', async () => {
    const gate = Promise.withResolvers<void>();
    api.commands.gate = gate.promise;
    const first = create('k3');
    await vi.waitFor(() => expect(api.commands.calls).toHaveLength(1));
    const second = await create('k3');
    expect(second.status).toBe(409);
    expect(second.json['code']).toBe('request-in-flight');
    expect(second.headers['retry-after']).toBe('1');
    gate.resolve();
    expect((await first).status).toBe(201);
    expect(api.commands.calls).toHaveLength(1);
  });

  it('refuses the key for another body or another command', async () => {
    await create('k4');
    for (const change of [{ body: { ...BODY, name: 'other' } }, { url: '/api/v1/instances/stop-all', body: {} }]) {
      const other = await create('k4', change);
      expect(other.status).toBe(422);
      expect(other.json['code']).toBe('idempotency-key-reused');
    }
    expect(api.commands.calls).toHaveLength(1);
  });

  it('lets a repeat try again after an error, and after a rejection that may not last', async () => {
    for (const failure of [
      new StoreUnavailableError('away'),
      new Problem(lifecycleProblems['out-of-stock'], { detail: 'none' }),
    ]) {
      api.commands.failure = failure;
      expect((await create(`k5-${failure.name}`)).status).toBeGreaterThanOrEqual(400);
      api.commands.failure = null;
      const again = await create(`k5-${failure.name}`);
      expect(again.status).toBe(201);
      expect(again.headers).not.toHaveProperty('idempotency-replayed');
    }
  });

  it('marks repeats for the command, should the outcome of the first be unknown', async () => {
    api.commands.failure = new StoreUnavailableError('away');
    await create('k11');
    api.commands.failure = null;
    await create('k11');
    await create('k12');
    await api.send({ method: 'POST', url: '/api/v1/instances', body: BODY });
    const [lost, repeat, other, keyless] = api.commands.repeatKeys;
    expect(repeat).toBe(lost);
    expect(repeat).toEqual(expect.any(String));
    expect(other).not.toBe(repeat);
    expect(keyless).toBeUndefined();
  });

  it('gives a rejection of the input again', async () => {
    const body = { ...BODY, gpuNum: 9 };
    const first = await create('k6', { body });
    const again = await create('k6', { body });
    expect(first.status).toBe(400);
    expect(again.status).toBe(400);
    expect(again.text).toBe(first.text);
    expect(again.headers['content-type']).toContain('application/problem+json');
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  it('works for commands too', async () => {
    const stop = (): Promise<TestAnswer> => create('k7', { url: '/api/v1/instances/x1/stop', body: undefined });
    expect((await stop()).status).toBe(202);
    expect((await stop()).headers['idempotency-replayed']).toBe('true');
    expect(api.commands.calls).toHaveLength(1);
  });

  it.each(['', '   ', 'a'.repeat(256), 'schlüssel'])('refuses %j for a key', async (key) => {
    const answer = await create(key);
    expect(answer.status).toBe(400);
    expect(answer.json['code']).toBe('validation-failed');
    expect(api.commands.calls).toEqual([]);
  });

  it('is ignored for reads and rejected callers', async () => {
    expect((await create('k8', { as: 'viewer' })).status).toBe(403);
    expect((await create('k8')).status).toBe(201);
    expect((await create('k8', { method: 'GET', body: undefined })).status).toBe(200);
  });

  it('does nothing at all when the keys cannot be reached, and answers when they are lost afterwards', async () => {
    const store = api.app.get(IdempotencyStore);
    const claim = vi.spyOn(store, 'claim').mockRejectedValueOnce(new IdempotencyUnavailableError('away'));
    expect((await create('k9')).json['code']).toBe('dependency-unavailable');
    expect(api.commands.calls).toEqual([]);
    claim.mockRestore();
    vi.spyOn(store, 'complete').mockRejectedValueOnce(new IdempotencyUnavailableError('away'));
    expect((await create('k10')).status).toBe(201);
  });
});

describe('the fingerprint of a request', () => {
  it('does not see the order of members, and sees everything else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const reversed = reverseMembers(a);
        expect(requestFingerprint('POST', '/x', reversed)).toBe(requestFingerprint('POST', '/x', a));
        const same = requestFingerprint('POST', '/x', a) === requestFingerprint('POST', '/x', b);
        expect(same).toBe(JSON.stringify(sortMembers(a)) === JSON.stringify(sortMembers(b)));
      }),
    );
  });

  it('distinguishes method, path and no body', () => {
    const prints = [
      requestFingerprint('POST', '/a', {}),
      requestFingerprint('PUT', '/a', {}),
      requestFingerprint('POST', '/b', {}),
      requestFingerprint('POST', '/a', undefined),
      requestFingerprint('POST', '/a', null),
    ];
    expect(new Set(prints).size).toBe(prints.length);
  });
});

describe('keys', () => {
  it.each(['a', ' a ', '~'.repeat(255), '0b1f7c1e-9d5e-4a0b-8f3c-2f6f5d8c7a11'])('takes %j', (key) => {
    expect(isIdempotencyKey(key)).toBe(true);
  });

  it.each(['', ' ', 'a'.repeat(256), 'ü', 'a\nb', ['a', 'b'], undefined])('refuses %j', (key) => {
    expect(isIdempotencyKey(key)).toBe(false);
  });

  it('are apart for each caller', () => {
    expect(storedKey('a', 'bc')).not.toBe(storedKey('ab', 'c'));
  });
});

function reverseMembers(value: unknown): unknown {
  return mapMembers(value, (entries) => entries.toReversed());
}

function sortMembers(value: unknown): unknown {
  return mapMembers(value, (entries) => entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function mapMembers(value: unknown, order: (entries: [string, unknown][]) => [string, unknown][]): unknown {
  if (Array.isArray(value)) return value.map((item) => mapMembers(item, order));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, mapMembers(member, order)] as [string, unknown]);
  return Object.fromEntries(order(entries));
}

const clock = new FakeClock();

describeIdempotencyStore(
  'MemoryIdempotencyStore',
  async () => new MemoryIdempotencyStore(clock, SHORT_TIMES),
  async (ms) => clock.advance(ms),
);

describe('the bound of the memory store', () => {
  it('forgets the oldest key first, and what lapsed before that', async () => {
    const store = new MemoryIdempotencyStore(clock, SHORT_TIMES, 3);
    for (const key of ['a', 'b', 'c']) await store.claim(key, 'f');
    await store.claim('d', 'f');
    expect(await store.claim('b', 'f')).toEqual({ outcome: 'in-flight' });
    expect(await store.claim('a', 'f')).toMatchObject({ outcome: 'claimed' });
  });
});
