import type { LeaseKeeper } from '@app/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

export interface LeaseKeeperFixture {
  readonly keeper: LeaseKeeper;
  /** A second keeper of the same leases, as in another process. */
  readonly other: LeaseKeeper;
  /** Comes back once a lease of that name has lapsed. */
  readonly lapsed: (name: string, ttlMs: number) => Promise<unknown>;
  readonly end: () => Promise<void>;
}

const TTL_MS = 300;

/** What every LeaseKeeper does. */
export function describeLeaseKeeper(kind: string, make: () => Promise<LeaseKeeperFixture>): void {
  describe(`${kind} keeps leases`, () => {
    let fixture: LeaseKeeperFixture;
    beforeAll(async () => {
      fixture = await make();
    });
    afterAll(() => fixture.end());

    it('gives a lease to one of many who ask at once', async () => {
      const { keeper, other } = fixture;
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? keeper : other).tryAcquire('one', 60_000)),
      );
      expect(answers.filter(Boolean)).toHaveLength(1);
    });

    it('keeps leases of different names apart', async () => {
      expect(await fixture.keeper.tryAcquire('a', 60_000)).toBe(true);
      expect(await fixture.other.tryAcquire('b', 60_000)).toBe(true);
      expect(await fixture.other.tryAcquire('a', 60_000)).toBe(false);
    });

    it('gives it again once it has lapsed, and not to the holder before', async () => {
      expect(await fixture.keeper.tryAcquire('short', TTL_MS)).toBe(true);
      expect(await fixture.keeper.tryAcquire('short', TTL_MS)).toBe(false);
      await fixture.lapsed('short', TTL_MS);
      expect(await fixture.other.tryAcquire('short', 60_000)).toBe(true);
    });

    it('takes a fraction of a millisecond for a time that is not over at once', async () => {
      expect(await fixture.keeper.tryAcquire('tiny', 0.5)).toBe(true);
    });
  });
}
