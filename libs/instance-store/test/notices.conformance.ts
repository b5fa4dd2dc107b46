import { isInstanceChange, type SpendWarning } from '@app/instance-store';
import { expect, it } from 'vitest';
import { entriesOf, insert, type MakeStore } from './harness.js';

const HOUR = 3_600_000;
const data: SpendWarning = { day: '2026-01-01', levelPercent: 80, spentUsd: 8, limitUsd: 10, enforced: false };
const NEWS = { type: 'spend.warning', data } as const;

export function noticesConformance(makeStore: MakeStore): void {
  it('stand among the changes of instances, in one order', async () => {
    const { store, feed, clock } = makeStore();
    const first = await insert(store);
    clock.advance(1_000);
    expect(await store.events.emitOnce('a', NEWS)).toBe(true);
    const second = await insert(store);
    const [before, notice, after] = await entriesOf(feed, 10);
    expect(notice).toEqual({ entryId: expect.stringMatching(/^\d+-\d+$/), at: clock.timestamp(), ...NEWS });
    expect([before, after].map((entry) => entry !== undefined && isInstanceChange(entry) && entry.instanceId)).toEqual([
      first.id,
      second.id,
    ]);
    expect(notice !== undefined && isInstanceChange(notice)).toBe(false);
    expect(await feed.after(notice?.entryId ?? '', 10)).toEqual([after]);
  });

  it('are told once for each key, however many tell them', async () => {
    const { store, feed } = makeStore();
    const told = await Promise.all(Array.from({ length: 8 }, () => store.events.emitOnce('a', NEWS)));
    expect(told.filter(Boolean)).toHaveLength(1);
    expect(await store.events.emitOnce('b', NEWS)).toBe(true);
    expect(await entriesOf(feed, 10)).toHaveLength(2);
  });

  it('of the same key are not told again the next day', async () => {
    const { store, clock } = makeStore();
    await store.events.emitOnce('a', NEWS);
    clock.advance(47 * HOUR);
    expect(await store.events.emitOnce('a', NEWS)).toBe(false);
  });
}
