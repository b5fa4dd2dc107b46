import { isInstanceChange, type SpendWarning } from '@app/instance-store';
import { expect, it } from 'vitest';
import { entriesOf, insert, type MakeStore } from './harness.js';

const HOUR = 3_600_000;
const data: SpendWarning = { day: '2026-01-01', levelPercent: 80, spentUsd: 8, limitUsd: 10, enforced: false };
const EVENT = { type: 'spend.warning', data } as const;

export function fleetEventsConformance(makeStore: MakeStore): void {
  it('stand among the changes of instances, in one order', async () => {
    const { store, feed, clock } = makeStore();
    const first = await insert(store);
    clock.advance(1_000);
    expect(await store.events.emitOnce('a', EVENT)).toBe(true);
    const second = await insert(store);
    const [before, event, after] = await entriesOf(feed, 10);
    expect(event).toEqual({ entryId: expect.stringMatching(/^\d+-\d+$/), at: clock.timestamp(), ...EVENT });
    expect([before, after].map((entry) => entry !== undefined && isInstanceChange(entry) && entry.instanceId)).toEqual([
      first.id,
      second.id,
    ]);
    expect(event !== undefined && isInstanceChange(event)).toBe(false);
    expect(await feed.after(event?.entryId ?? '', 10)).toEqual([after]);
  });

  it('are emitted once for each key, however many emit them', async () => {
    const { store, feed } = makeStore();
    const emitted = await Promise.all(Array.from({ length: 8 }, () => store.events.emitOnce('a', EVENT)));
    expect(emitted.filter(Boolean)).toHaveLength(1);
    expect(await store.events.emitOnce('b', EVENT)).toBe(true);
    expect(await entriesOf(feed, 10)).toHaveLength(2);
  });

  it('of the same key are not emitted again the next day', async () => {
    const { store, clock } = makeStore();
    await store.events.emitOnce('a', EVENT);
    clock.advance(47 * HOUR);
    expect(await store.events.emitOnce('a', EVENT)).toBe(false);
  });
}
