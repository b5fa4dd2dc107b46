import { type Timestamp, timestampFromMs } from '@app/platform';
import {
  type CountedSighting,
  QUARANTINE_LIMIT,
  QUARANTINE_TEXT_BYTES,
  type Quarantine,
  quarantineId,
} from '@app/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

export interface QuarantineFixture {
  /** An empty one for each test. */
  readonly make: () => Quarantine;
  readonly end: () => Promise<void>;
}

function at(seconds: number): Timestamp {
  return timestampFromMs(Date.UTC(2026, 0, 1) + seconds * 1_000);
}

function seen(where: string, seconds: number, more: Partial<CountedSighting> = {}): CountedSighting {
  const [firstAt, lastAt] = [at(seconds), at(seconds)];
  return { kind: 'record', where, reason: 'not JSON', text: '{', firstAt, lastAt, times: 1, ...more };
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
      expect(await quarantine.list({ cursor: null, limit: 10 })).toEqual({ entries: [], total: 0, nextCursor: null });
      expect(await quarantine.counts()).toMatchObject({ record: 0, 'record-newer': 0, 'journal-line': 0 });
      expect(await quarantine.note([])).toEqual({ added: [], dropped: 0 });
    });

    it('makes one entry of a thing that is seen again, with the latest reason and time', async () => {
      const quarantine = fixture.make();
      expect(await quarantine.note([seen('a', 5)])).toEqual({ added: ['record'], dropped: 0 });
      const again = seen('a', 9, { reason: 'not an object', text: '[', times: 3 });
      expect(await quarantine.note([again])).toEqual({ added: [], dropped: 0 });
      // A process that could not say so earlier saw it before.
      await quarantine.note([seen('a', 7)]);
      expect(await quarantine.get(quarantineId('record', 'a'))).toEqual({
        id: quarantineId('record', 'a'),
        kind: 'record',
        where: 'a',
        reason: 'not JSON',
        text: '{',
        firstSeenAt: at(5),
        lastSeenAt: at(9),
        count: 5,
      });
      expect((await quarantine.counts()).record).toBe(1);
    });

    it('keeps things of one name and of different kinds apart', async () => {
      const quarantine = fixture.make();
      await quarantine.note([
        seen('a', 1),
        seen('a', 1, { kind: 'record-newer' }),
        seen('ü "\\\n', 2, { kind: 'feed-entry' }),
      ]);
      expect(await quarantine.counts()).toMatchObject({ record: 1, 'record-newer': 1, 'feed-entry': 1 });
      expect((await quarantine.list({ cursor: null, limit: 1 })).entries).toMatchObject([
        { where: 'ü "\\\n', kind: 'feed-entry' },
      ]);
    });

    it('is read page by page, each entry once, also when the one that a cursor names is gone', async () => {
      const quarantine = fixture.make();
      const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
      // Three of one time.
      await quarantine.note(keys.map((key, i) => seen(key, Math.max(2, i))));
      const found: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await quarantine.list({ cursor, limit: 2 });
        expect(page.total).toBe(keys.length - found.length / 2);
        found.push(...page.entries.map(({ where }) => where));
        cursor = page.nextCursor;
        expect(await quarantine.remove(page.entries[1]?.id ?? '')).toBe(true);
      } while (cursor !== null);
      expect(found.slice(0, 3)).toEqual(['f', 'e', 'd']);
      expect(found.toSorted()).toEqual(keys);
    });

    it('is read by kind, page by page', async () => {
      const quarantine = fixture.make();
      await quarantine.note(['a', 'b', 'c'].flatMap((name, i) => [seen(name, i), seen(name, i, { kind: 'job' })]));
      // A kind that begins like another one.
      await quarantine.note([seen('d', 9, { kind: 'record-newer' })]);
      const first = await quarantine.list({ kind: 'record', cursor: null, limit: 2 });
      expect(first).toMatchObject({ total: 3, entries: [{ where: 'c' }, { where: 'b', kind: 'record' }] });
      const second = await quarantine.list({ kind: 'record', cursor: first.nextCursor, limit: 2 });
      expect(second).toMatchObject({ total: 3, nextCursor: null, entries: [{ where: 'a' }] });
    });

    it('keeps 64 kB of text of an entry', async () => {
      const quarantine = fixture.make();
      const text = 'ü'.repeat(QUARANTINE_TEXT_BYTES / 2);
      await quarantine.note([seen('a', 1, { text })]);
      expect((await quarantine.get(quarantineId('record', 'a')))?.text).toBe(text);
      expect((await quarantine.list({ cursor: null, limit: 1 })).entries[0]?.text).toBe(text);
    });

    it('forgets an entry that is removed', async () => {
      const quarantine = fixture.make();
      await quarantine.note([seen('a', 1)]);
      const id = quarantineId('record', 'a');
      expect(await quarantine.remove(id)).toBe(true);
      expect(await quarantine.remove(id)).toBe(false);
      expect(await quarantine.get(id)).toBeNull();
      expect((await quarantine.list({ cursor: null, limit: 10 })).total).toBe(0);
    });

    it('drops the oldest when it is full, and says how many', async () => {
      const quarantine = fixture.make();
      for (let from = 0; from < QUARANTINE_LIMIT; from += 200) {
        await quarantine.note(Array.from({ length: 200 }, (_, i) => seen(`k${from + i}`, from + i)));
      }
      expect(await quarantine.note([seen('late', 5_000), seen('later', 5_001)])).toMatchObject({ dropped: 2 });
      expect((await quarantine.list({ cursor: null, limit: 1 })).total).toBe(QUARANTINE_LIMIT);
      expect(await quarantine.get(quarantineId('record', 'k1'))).toBeNull();
      expect(await quarantine.get(quarantineId('record', 'k2'))).not.toBeNull();
    });

    it('drops what is met again before what is found once, however old that is', async () => {
      const quarantine = fixture.make();
      const once = ['journal-line', 'webhook-delivery', 'record'] as const;
      await quarantine.note(once.map((kind) => seen('old', 0, { kind })));
      for (let from = 0; from < QUARANTINE_LIMIT; from += 200) {
        const kind = from === 0 ? 'feed-entry' : 'record-newer';
        await quarantine.note(Array.from({ length: 200 }, (_, i) => seen(`k${from + i}`, from + i + 1, { kind })));
      }
      expect(await quarantine.counts()).toMatchObject({
        'journal-line': 1,
        'webhook-delivery': 1,
        record: 1,
        'feed-entry': 197,
        'record-newer': 800,
      });
      // Nothing is left that is met again at once: the oldest record goes before the line and the delivery.
      for (let from = 0; from < QUARANTINE_LIMIT; from += 200) {
        await quarantine.note(Array.from({ length: 200 }, (_, i) => seen(`r${from + i}`, 2_000 + from + i)));
      }
      expect(await quarantine.counts()).toMatchObject({ 'journal-line': 1, 'webhook-delivery': 1, record: 998 });
      expect(await quarantine.get(quarantineId('record', 'old'))).toBeNull();
    });
  });
}
