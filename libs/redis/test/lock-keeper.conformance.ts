import { msFromTimestamp } from '@app/platform';
import { type LockClaim, type LockHold, type LockKeeper } from '@app/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

export interface LockKeeperFixture {
  readonly keeper: LockKeeper;
  /** A second keeper of the same locks, as in another process. */
  readonly other: LockKeeper;
  /** Lets time pass. */
  readonly pass: (ms: number) => Promise<unknown>;
  /** Comes back once the lock of that name has lapsed. */
  readonly lapsed: (name: string, ttlMs: number) => Promise<unknown>;
  /** The clock that `since` is measured by. */
  readonly now: () => number;
  readonly end: () => Promise<void>;
}

const TTL_MS = 300;
/** Long enough that a busy machine does not miss a renewal. */
const RENEWED_TTL_MS = 900;
/** Longer than any test. */
const LONG_MS = 60_000;

const claim = (overrides: Partial<LockClaim> = {}): LockClaim => ({
  owner: 'worker@host:1',
  purpose: 'run-1',
  ttlMs: LONG_MS,
  ...overrides,
});

/** What every LockKeeper does. */
export function describeLockKeeper(kind: string, make: () => Promise<LockKeeperFixture>): void {
  describe(`${kind} keeps locks`, () => {
    let fixture: LockKeeperFixture;
    beforeAll(async () => {
      fixture = await make();
    });
    afterAll(() => fixture.end());

    /** @throws when somebody else has it */
    const take = async (keeper: LockKeeper, name: string, overrides: Partial<LockClaim> = {}): Promise<LockHold> => {
      const answer = await keeper.acquire(name, claim(overrides));
      if (!answer.acquired) throw new Error(`${name} is held by ${answer.holder.owner}`);
      return answer.hold;
    };

    it('gives a lock to one of many who ask at once', async () => {
      const { keeper, other } = fixture;
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? keeper : other).acquire('race', claim({ purpose: `run-${index}` })),
        ),
      );
      const won = answers.flatMap((answer, index) => (answer.acquired ? [index] : []));
      expect(won).toHaveLength(1);
      expect(await keeper.holder('race')).toMatchObject({ purpose: `run-${won[0]}` });
    });

    it('gives the winner a name of its acquisition that begins with the fence', async () => {
      const hold = await take(fixture.keeper, 'token');
      expect(hold.name).toBe('token');
      expect(hold.fence).toBe(1);
      expect(hold.token).toMatch(/^1-.{16,}$/);
    });

    it('answers the loser who has it, what for, since when and for how long yet', async () => {
      const { keeper, other } = fixture;
      const before = fixture.now();
      const hold = await take(keeper, 'held-by-another', { owner: 'worker@a:7', purpose: 'run-x' });
      const answer = await other.acquire('held-by-another', claim({ owner: 'worker@b:8' }));
      if (answer.acquired) throw new Error('two have it');
      expect(answer.holder).toMatchObject({ owner: 'worker@a:7', purpose: 'run-x', fence: hold.fence });
      expect(msFromTimestamp(answer.holder.since)).toBeGreaterThanOrEqual(before - 2);
      expect(msFromTimestamp(answer.holder.since)).toBeLessThanOrEqual(fixture.now() + 2);
      expect(answer.holder.remainingMs).toBeGreaterThan(LONG_MS / 2);
      expect(answer.holder.remainingMs).toBeLessThanOrEqual(LONG_MS);
      const { remainingMs: _, ...holder } = answer.holder;
      expect(await other.holder('held-by-another')).toMatchObject(holder);
    });

    it('keeps locks of different names apart', async () => {
      await take(fixture.keeper, 'a');
      await take(fixture.other, 'b');
      expect((await fixture.other.acquire('a', claim())).acquired).toBe(false);
      expect(await fixture.keeper.holder('c')).toBeNull();
    });

    it('gives it again once it has lapsed, and the one before has it no more', async () => {
      const { keeper, other } = fixture;
      const first = await take(keeper, 'short', { ttlMs: TTL_MS });
      await fixture.lapsed('short', TTL_MS);
      expect(await other.holder('short')).toBeNull();
      const second = await take(other, 'short', { owner: 'worker@b:2' });
      expect(await keeper.renew(first, LONG_MS)).toBe(false);
      expect(await keeper.release(first)).toBe(false);
      expect(await keeper.holder('short')).toMatchObject({ owner: 'worker@b:2', fence: second.fence });
    });

    it('lasts as long as its holder renews it', async () => {
      const { keeper, other } = fixture;
      const hold = await take(keeper, 'renewed', { ttlMs: RENEWED_TTL_MS });
      for (let round = 0; round < 4; round += 1) {
        await fixture.pass(RENEWED_TTL_MS / 3);
        expect(await keeper.renew(hold, RENEWED_TTL_MS)).toBe(true);
      }
      expect((await other.acquire('renewed', claim())).acquired).toBe(false);
      expect((await keeper.holder('renewed'))?.remainingMs).toBeLessThanOrEqual(RENEWED_TTL_MS);
      await fixture.lapsed('renewed', RENEWED_TTL_MS);
      expect(await keeper.renew(hold, RENEWED_TTL_MS)).toBe(false);
      await take(other, 'renewed');
    });

    it('is renewed and released by nobody but its owner', async () => {
      const { keeper, other } = fixture;
      const hold = await take(keeper, 'owned', { ttlMs: 5_000 });
      const forged = { ...hold, token: `${hold.fence}-somebody-else` };
      expect(await other.renew(forged, LONG_MS)).toBe(false);
      expect(await other.release(forged)).toBe(false);
      expect((await keeper.holder('owned'))?.remainingMs).toBeLessThanOrEqual(5_000);
      expect(await keeper.release(hold)).toBe(true);
      expect(await keeper.holder('owned')).toBeNull();
      expect(await keeper.release(hold)).toBe(false);
    });

    it('counts fences up over every release and every lapse', async () => {
      const { keeper, other } = fixture;
      const fences: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        const released = await take(keeper, 'fenced');
        fences.push(released.fence);
        await keeper.release(released);
        fences.push((await take(other, 'fenced', { ttlMs: 20 })).fence);
        await fixture.lapsed('fenced', 20);
      }
      expect(fences).toEqual([1, 2, 3, 4, 5, 6]);
    });

    it('takes a fraction of a millisecond for a time that is not over at once', async () => {
      const hold = await take(fixture.keeper, 'tiny', { ttlMs: LONG_MS });
      expect(await fixture.keeper.renew(hold, LONG_MS + 0.5)).toBe(true);
      expect((await fixture.other.acquire('tiny', claim({ ttlMs: 0.5 }))).acquired).toBe(false);
    });
  });
}
