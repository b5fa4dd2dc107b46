import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FeedEntry } from '../change-feed.js';
import { RecentEntries } from './recent-entries.js';

const entry = (n: number) => ({ entryId: `${n}-0` }) as FeedEntry;
const ids = (entries: readonly FeedEntry[] | null) => entries?.map(({ entryId }) => entryId) ?? null;

describe('the latest entries', () => {
  it('are unknown until it is known where they begin', () => {
    const recent = new RecentEntries();
    expect(recent.after('0-0', 10)).toBeNull();
    recent.restart('0-0');
    expect(recent.after('0-0', 10)).toEqual([]);
  });

  it('come after the one that is named, no more than asked for', () => {
    const recent = new RecentEntries();
    recent.restart('5-0');
    for (let n = 6; n <= 10; n++) recent.add(entry(n));
    expect(ids(recent.after('5-0', 2))).toEqual(['6-0', '7-0']);
    expect(ids(recent.after('8-0', 10))).toEqual(['9-0', '10-0']);
    expect(recent.after('10-0', 10)).toEqual([]);
    expect(recent.after('8-0', 0)).toEqual([]);
  });

  it.each(['4-0', '11-0', '8-1', '', 'x'])('are unknown after %j, which is none of them', (id) => {
    const recent = new RecentEntries();
    recent.restart('5-0');
    for (let n = 6; n <= 10; n++) recent.add(entry(n));
    expect(recent.after(id, 10)).toBeNull();
  });

  it('are bounded, and whole after the last one that was forgotten', () => {
    const recent = new RecentEntries(100);
    recent.restart('0-0');
    for (let n = 1; n <= 1_000; n++) recent.add(entry(n));
    const oldest = Array.from({ length: 1_001 }, (_, n) => n).find((n) => recent.after(`${n}-0`, 1) !== null) ?? 0;
    expect(1_000 - oldest).toBeGreaterThanOrEqual(100);
    expect(1_000 - oldest).toBeLessThanOrEqual(300);
    expect(ids(recent.after(`${oldest}-0`, 1_000))).toEqual(
      Array.from({ length: 1_000 - oldest }, (_, n) => `${oldest + n + 1}-0`),
    );
  });

  it('are forgotten when it begins anew', () => {
    const recent = new RecentEntries();
    recent.restart('5-0');
    recent.add(entry(6));
    recent.restart('9-0');
    expect([recent.after('5-0', 1), recent.after('6-0', 1)]).toEqual([null, null]);
    recent.add(entry(10));
    expect(ids(recent.after('9-0', 1))).toEqual(['10-0']);
  });

  it('tell all that came after an entry or nothing, and always the latest hundred', () => {
    const step = fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 1, max: 90 }) },
      { weight: 1, arbitrary: fc.constant('begin anew' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const recent = new RecentEntries(100);
        let told: string[] = [];
        let n = 0;
        for (const each of ['begin anew' as const, ...steps]) {
          if (each === 'begin anew') {
            n += 7;
            told = [`${n}-0`];
            recent.restart(`${n}-0`);
          } else {
            for (let i = 0; i < each; i++) {
              n += 1;
              told.push(`${n}-0`);
              recent.add(entry(n));
            }
          }
        }
        for (let at = 0; at <= n + 1; at++) {
          const place = told.indexOf(`${at}-0`);
          const after = ids(recent.after(`${at}-0`, 10_000));
          if (place === -1) expect(after).toBeNull();
          else if (place >= told.length - 101 || after !== null) expect(after).toEqual(told.slice(place + 1));
        }
      }),
      { numRuns: 50 },
    );
  });
});
