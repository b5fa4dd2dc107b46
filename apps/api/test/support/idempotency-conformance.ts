import { beforeEach, describe, expect, it } from 'vitest';
import type { IdempotencyStore, IdempotencyTimes, StoredAnswer } from '../../src/core/http/idempotency-store.js';

const ANSWER: StoredAnswer = {
  status: 201,
  headers: { location: '/api/v1/instances/x' },
  body: '{"name":"ünïcode \\u0000 and \\"quotes\\""}',
};

/** Short, and far enough apart to distinguish them. */
export const SHORT_TIMES: IdempotencyTimes = { inFlightMs: 500, keepMs: 1_200 };

/**
 * What every adapter of the port does.
 *
 * @param make an empty store with `SHORT_TIMES`
 * @param pass lets so many milliseconds of the store's time go by
 */
export function describeIdempotencyStore(
  name: string,
  make: () => Promise<IdempotencyStore>,
  pass: (ms: number) => Promise<void>,
): void {
  describe(name, () => {
    let store: IdempotencyStore;
    let keys = 0;
    let key: string;

    beforeEach(async () => {
      store = await make();
      key = `key-${keys++}`;
    });

    async function claimed(fingerprint = 'a'): Promise<string> {
      const claim = await store.claim(key, fingerprint);
      if (claim.outcome !== 'claimed') throw new Error(`it is ${claim.outcome}`);
      return claim.token;
    }

    it('lets the first one through and holds the others back', async () => {
      const claims = await Promise.all(Array.from({ length: 10 }, () => store.claim(key, 'a')));
      expect(claims.filter(({ outcome }) => outcome === 'claimed')).toHaveLength(1);
      expect(claims.filter(({ outcome }) => outcome === 'in-flight')).toHaveLength(9);
    });

    it('keeps keys apart', async () => {
      await claimed();
      expect(await store.claim(`${key}-other`, 'a')).toMatchObject({ outcome: 'claimed' });
    });

    it('gives the answer again, every time', async () => {
      await store.complete(key, await claimed(), ANSWER);
      for (let i = 0; i < 2; i++) expect(await store.claim(key, 'a')).toEqual({ outcome: 'answered', answer: ANSWER });
    });

    it('detects another request under the same key, in flight and answered', async () => {
      const token = await claimed('a');
      expect(await store.claim(key, 'b')).toEqual({ outcome: 'other-request' });
      await store.complete(key, token, ANSWER);
      expect(await store.claim(key, 'b')).toEqual({ outcome: 'other-request' });
    });

    it('lets the next one through when the first gave up', async () => {
      await store.release(key, await claimed());
      expect(await store.claim(key, 'b')).toMatchObject({ outcome: 'claimed' });
    });

    it('lets the next one through when the first never came back, whose answer then counts no more', async () => {
      const lost = await claimed();
      await pass(SHORT_TIMES.inFlightMs + 40);
      const next = await claimed();
      await store.complete(key, lost, { ...ANSWER, status: 500 });
      await store.release(key, lost);
      expect(await store.claim(key, 'a')).toEqual({ outcome: 'in-flight' });
      await store.complete(key, next, ANSWER);
      expect(await store.claim(key, 'a')).toEqual({ outcome: 'answered', answer: ANSWER });
    });

    it('keeps an answer longer than a claim, and not for ever', async () => {
      await store.complete(key, await claimed(), ANSWER);
      await pass(SHORT_TIMES.inFlightMs + 40);
      expect(await store.claim(key, 'a')).toMatchObject({ outcome: 'answered' });
      await pass(SHORT_TIMES.keepMs);
      expect(await store.claim(key, 'b')).toMatchObject({ outcome: 'claimed' });
    });
  });
}
