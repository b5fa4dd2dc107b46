import { type Timestamp, timestampFromMs } from '@app/platform';
import { type CountedSighting, QUARANTINE_LIMIT, type Quarantine, quarantineId } from '@app/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

export interface QuarantineFixture {
  /** An empty one for each test. */
  readonly make: () => Quarantine;
  readonly end: () => Promise<void>;
}

function at(seconds: number): Timestamp {
  return timestampFromMs(Date.UTC(2026, 0, 1) + seconds * 1_000);
}

function seen(key: string, seconds: number, more: Partial<CountedSighting> = {}): CountedSighting {
  const [firstAt, lastAt] = [at(seconds), at(seconds)];
  return { kind: 'record', key, reason: 'not JSON', firstAt, lastAt, times: 1, ...more };
}

/** What every Quarantine does. */
export function describeQuarantine(kind: string, begin: () => Promise<QuarantineFixture>): void {
  describe(`${kind} keeps what was set aside`, () => {
    let fixture: QuarantineFixture;
    beforeAll(async () => {
      fixture = await begin();
    });
    afterAll(() => fixture.end());

    it('is empty at first, and counts every kind from 0', async () => {
      const quarantine = fixture.make();
      expect(await quarantine.list(null, 10)).toEqual({ entries: [], total: 0, nextCursor: null });
      expect(await quarantine.counts()).toMatchObject({ record: 0, 'record-newer': 0, 'journal-line': 0 });
      expect(await quarantine.note([])).toEqual({ added: [], dropped: 0 });
    });

    it('makes one entry of a thing that is seen again, with the latest reason and time', async () => {
      const quarantine = fixture.make();
      expect(await quarantine.note([seen('a', 5)])).toEqual({ added: ['record'], dropped: 0 });
      const again = seen('a', 9, { reason: 'not an object', times: 3 });
      expect(await quarantine.note([again])).toEqual({ added: [], dropped: 0 });
      // A process that could not say so earlier saw it before.
      await quarantine.note([seen('a', 7)]);
      expect(await quarantine.get(quarantineId('record', 'a'))).toEqual({
        id: quarantineId('record', 'a'),
        kind: 'record',
        key: 'a',
        reason: 'not JSON',
        firstSeenAt: at(5),
        lastSeenAt: at(9),
        timesSeen: 5,
      });
      expect((await quarantine.counts()).record).toBe(1);
    });

    it('keeps things of one key and of different kinds apart', async () => {
      const quarantine = fixture.make();
      await quarantine.note([
        seen('a', 1),
        seen('a', 1, { kind: 'record-newer' }),
        seen('ü "\\\n', 2, { kind: 'feed-entry' }),
      ]);
      expect(await quarantine.counts()).toMatchObject({ record: 1, 'record-newer': 1, 'feed-entry': 1 });
      expect((await quarantine.list(null, 1)).entries).toMatchObject([{ key: 'ü "\\\n', kind: 'feed-entry' }]);
    });

    it('is read page by page, each entry once, also when the one that a cursor names is gone', async () => {
      const quarantine = fixture.make();
      const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
      // Three of one time.
      await quarantine.note(keys.map((key, i) => seen(key, Math.max(2, i))));
      const found: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await quarantine.list(cursor, 2);
        expect(page.total).toBe(keys.length - found.length / 2);
        found.push(...page.entries.map(({ key }) => key));
        cursor = page.nextCursor;
        expect(await quarantine.remove(page.entries[1]?.id ?? '')).toBe(true);
      } while (cursor !== null);
      expect(found.slice(0, 3)).toEqual(['f', 'e', 'd']);
      expect(found.toSorted()).toEqual(keys);
    });

    it('forgets an entry that is removed', async () => {
      const quarantine = fixture.make();
      await quarantine.note([seen('a', 1)]);
      const id = quarantineId('record', 'a');
      expect(await quarantine.remove(id)).toBe(true);
      expect(await quarantine.remove(id)).toBe(false);
      expect(await quarantine.get(id)).toBeNull();
      expect((await quarantine.list(null, 10)).total).toBe(0);
    });

    it('drops the oldest when it is full, and says how many', async () => {
      const quarantine = fixture.make();
      for (let from = 0; from < QUARANTINE_LIMIT; from += 200) {
        await quarantine.note(Array.from({ length: 200 }, (_, i) => seen(`k${from + i}`, from + i)));
      }
      expect(await quarantine.note([seen('late', 5_000), seen('later', 5_001)])).toMatchObject({ dropped: 2 });
      expect((await quarantine.list(null, 1)).total).toBe(QUARANTINE_LIMIT);
      expect(await quarantine.get(quarantineId('record', 'k1'))).toBeNull();
      expect(await quarantine.get(quarantineId('record', 'k2'))).not.toBeNull();
    });
  });
}
