import { dayOf } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { HOUR, SpendWorld } from '../../test/fakes/spend-world.js';
import { SpendDays } from './spend-days.js';

function begin(): { world: SpendWorld; days: SpendDays; today: number } {
  const world = new SpendWorld();
  return { world, days: new SpendDays(world.store.spend, world.clock), today: dayOf(world.clock.now()) };
}

describe('spend by day', () => {
  it('is the whole of each day and its parts, today up to now', async () => {
    const { world, days, today } = begin();
    await world.add({ createdBy: 'user:a', spec: { productName: 'A' }, price: { usdPerHour: 2 } });
    await world.add({ createdBy: 'user:b', spec: { productName: 'A' } });
    await world.stop(await world.add({ createdBy: 'user:b', spec: { productName: 'B' } }), 'auto-stop');
    world.clock.advance(20 * HOUR);
    await world.accrue();
    world.clock.advance(0.5 * HOUR);
    const [before, yesterday, now] = await days.latest(3, 'owner');
    expect(before).toEqual({ day: today - 1, usd: 0, savedUsd: 0, parts: new Map() });
    // 18 of the 20 hours fell into the first day.
    expect(yesterday).toEqual({
      day: today,
      usd: 54,
      savedUsd: 18,
      parts: new Map([
        ['user:a', 36],
        ['user:b', 18],
      ]),
    });
    expect(now).toEqual({
      day: today + 1,
      usd: 7.5,
      savedUsd: 2,
      parts: new Map([
        ['user:a', 4],
        ['user:b', 2],
      ]),
    });
    expect((await days.latest(2, 'product')).map(({ parts }) => [...parts])).toEqual([[['A', 54]], [['A', 6]]]);
  });

  it('of one instance adds up to what it has cost, over stops and changes of its price', async () => {
    const { world, days, today } = begin();
    const record = await world.add({ price: { usdPerHour: 2 } });
    world.clock.advance(3 * HOUR);
    await world.accrue();
    const dearer = await world.store.records.write({ ...record, price: { usdPerHour: 4 } }, { kind: 'command' });
    if (dearer.outcome !== 'written') throw new Error(dearer.outcome);
    world.clock.advance(HOUR);
    expect(await days.ofInstance(dearer.stored.record)).toEqual({
      asOf: world.clock.timestamp(),
      usd: 10,
      usdPerHour: 4,
      countedFrom: record.timestamps.created,
      days: [{ day: today, usd: 10, savedUsd: 0 }],
    });
    await world.stop(dearer.stored.record, 'auto-stop');
    world.clock.advance(24 * HOUR);
    await world.accrue();
    const stored = await world.store.records.get(record.id);
    if (stored === null) throw new Error('it is gone');
    expect(await days.ofInstance(stored.record)).toMatchObject({
      usd: 10,
      usdPerHour: 0,
      days: [
        { day: today, usd: 10, savedUsd: 56 },
        { day: today + 1, usd: 0, savedUsd: 40 },
      ],
    });
  });

  it('of one that never cost anything is empty', async () => {
    const { world, days } = begin();
    const record = await world.add({ novitaInstanceId: null, status: 'creating' });
    expect(await days.ofInstance(record)).toEqual({
      asOf: timestampFromMs(world.clock.now()),
      usd: 0,
      usdPerHour: 0,
      countedFrom: null,
      days: [],
    });
  });
});
