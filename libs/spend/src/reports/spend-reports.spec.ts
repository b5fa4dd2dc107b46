import { StoreUnavailableError } from '@app/instance-store';
import { describe, expect, it, vi } from 'vitest';
import { HOUR, SpendWorld } from '../../test/fakes/spend-world.js';

const CREATE = { kind: 'create', owner: 'user:test' } as const;

describe('reports of spend', () => {
  it('report today and this month, and name those that are there', async () => {
    const world = new SpendWorld();
    const gone = await world.add({ name: 'gone', price: { usdPerHour: 3 } });
    const kept = await world.add({ name: 'kept', spec: { region: 'R1', productName: 'A' } });
    world.clock.advance(HOUR);
    await world.accrue();
    await world.remove(gone.id);
    world.clock.advance(24 * HOUR);
    await world.accrue();
    world.clock.advance(0.5 * HOUR);
    const report = await world.reports.report(5);
    expect(report).toEqual({
      asOf: world.clock.timestamp(),
      todayUsd: 7.5,
      monthUsd: 28.5,
      today: [{ id: kept.id, name: 'kept', usd: 7.5 }],
      month: [
        { id: kept.id, name: 'kept', usd: 25.5 },
        { id: gone.id, name: null, usd: 3 },
      ],
      savedTodayUsd: 0,
      savedMonthUsd: 0,
      limit: null,
      ownerLimit: null,
    });
    expect((await world.reports.report(1)).month).toHaveLength(1);
  });

  it('report what is saved', async () => {
    const world = new SpendWorld({ dailyLimitUsd: 5 });
    await world.stop(await world.add(), 'auto-stop');
    world.clock.advance(2 * HOUR);
    await world.accrue();
    expect(await world.reports.report(5)).toMatchObject({
      savedTodayUsd: 2,
      savedMonthUsd: 2,
      limit: { dailyUsd: 5, enforced: false, stops: false, reached: false },
    });
  });

  it('agree with their summary', async () => {
    const world = new SpendWorld({ dailyLimitUsd: 5, enforcement: 'creates' });
    await world.add({ price: { usdPerHour: 6 } });
    await world.add({ price: { usdPerHour: null } });
    await world.stop(await world.add(), 'auto-stop');
    world.clock.advance(HOUR);
    await world.accrue();
    const report = await world.reports.report(5);
    const summary = await world.reports.summary();
    expect(report).toMatchObject(summary);
    expect(summary).toMatchObject({ todayUsd: 6, savedTodayUsd: 1 });
    expect(summary.limit).toEqual({ dailyUsd: 5, enforced: true, stops: false, reached: true });
  });

  it('have parts that add up to the whole between two accruals', async () => {
    const world = new SpendWorld();
    await world.add({ price: { usdPerHour: 2 } });
    await world.stop(await world.add({ price: { usdPerHour: 5 } }));
    await world.add({ price: { usdPerHour: 1 } });
    world.clock.advance(HOUR);
    await world.accrue();
    world.clock.advance(0.5 * HOUR);
    const { todayUsd, monthUsd, today, month } = await world.reports.report(5);
    const sum = (spends: typeof today) => spends.reduce((all, { usd }) => all + usd, 0);
    expect([todayUsd, sum(today)]).toEqual([4.5, 4.5]);
    expect([monthUsd, sum(month)]).toEqual([4.5, 4.5]);
  });

  it('are put together once for all who ask at the same time', async () => {
    const world = new SpendWorld();
    const asked = vi.spyOn(world.store.spend, 'byInstance');
    await Promise.all([world.reports.report(5), world.reports.report(5), world.reports.report(5)]);
    expect(asked).toHaveBeenCalledTimes(2);
    await world.reports.report(6);
    expect(asked).toHaveBeenCalledTimes(4);
  });
});

describe('the limit of a day', () => {
  const spend = async (world: SpendWorld, hours: number): Promise<void> => {
    await world.add();
    await world.accrue();
    world.clock.advance(hours * HOUR);
  };

  it('rejects creates once it is reached, what runs now counted in, and no longer the next day', async () => {
    const world = new SpendWorld({ dailyLimitUsd: 4, enforcement: 'creates' });
    await spend(world, 3.99);
    await world.reports.assertWithinLimit(CREATE);
    world.clock.advance(0.01 * HOUR);
    await expect(world.reports.assertWithinLimit(CREATE)).rejects.toMatchObject({
      type: { code: 'spend-limit-reached', status: 402 },
      message: expect.stringContaining('$4.00'),
    });
    expect((await world.reports.report(1)).limit).toEqual({ dailyUsd: 4, enforced: true, stops: false, reached: true });
    await world.accrue();
    world.clock.advance(16 * HOUR);
    await world.reports.assertWithinLimit(CREATE);
  });

  it.each([
    { dailyLimitUsd: 4, enforcement: 'off' },
    { dailyLimitUsd: null, enforcement: 'stop' },
  ] as const)('is not asked for when it is %o', async (options) => {
    const world = new SpendWorld(options);
    await spend(world, 10);
    const asked = vi.spyOn(world.store.spend, 'read');
    await world.reports.assertWithinLimit(CREATE);
    expect(asked).not.toHaveBeenCalled();
  });

  it('rejects starts only where what runs is stopped, and an owner alone where only its limit is reached', async () => {
    const start = { kind: 'start', owner: 'user:a' } as const;
    const lenient = new SpendWorld({ dailyLimitUsd: 4, enforcement: 'creates' });
    await spend(lenient, 5);
    await lenient.reports.assertWithinLimit(start);
    const strict = new SpendWorld({ ownerDailyLimitUsd: 4, enforcement: 'stop' });
    await strict.add({ createdBy: 'user:a' });
    strict.clock.advance(5 * HOUR);
    await strict.accrue();
    await expect(strict.reports.assertWithinLimit(start)).rejects.toMatchObject({
      details: { extensions: { owner: 'user:a', spentUsd: 5, limitUsd: 4 } },
    });
    await strict.reports.assertWithinLimit({ ...start, owner: 'user:b' });
    await strict.reports.assertWithinLimit({ ...start, owner: null });
    expect((await strict.reports.report(1)).ownerLimit).toEqual({
      dailyUsd: 4,
      enforced: true,
      stops: true,
      owners: [{ owner: 'user:a', usd: 5, reached: true }],
    });
  });

  it('costs many creates one question', async () => {
    const world = new SpendWorld({ dailyLimitUsd: 100, enforcement: 'creates' });
    const asked = vi.spyOn(world.store.spend, 'read');
    await Promise.all(Array.from({ length: 50 }, () => world.reports.assertWithinLimit(CREATE)));
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('rejects nothing because the store is away, and does not hide a bug', async () => {
    const world = new SpendWorld({ dailyLimitUsd: 4, enforcement: 'creates' });
    vi.spyOn(world.store.spend, 'read')
      .mockRejectedValueOnce(new StoreUnavailableError('away'))
      .mockRejectedValueOnce(new TypeError('a bug'));
    await world.reports.assertWithinLimit(CREATE);
    await expect(world.reports.assertWithinLimit(CREATE)).rejects.toThrow('a bug');
  });
});
