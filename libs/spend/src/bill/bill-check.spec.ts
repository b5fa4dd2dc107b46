import { BEFORE_FIRST_ENTRY, dayOf, type FleetEvents, memoryStore } from '@app/instance-store';
import { NovitaUnauthorizedError } from '@app/novita-client';
import { HOUR_MS, MetricsRegistry } from '@app/platform';
import { partialNovita, SandboxNovita } from '@app/testing';
import { Logger } from '@nestjs/common';
import { beforeAll, describe, expect, it } from 'vitest';
import { HOUR, SpendWorld } from '../../test/fakes/spend-world.js';
import { BillCheck } from './bill-check.js';
import { BillCheckProcessor, BillSchedule } from './bill-check.processor.js';
import { type BillDay, dateOfDay, differs } from './bill-day.js';
import { BillGauge } from './bill-reports.js';
import { MemoryBillStore } from './bill-store.js';

beforeAll(() => Logger.overrideLogger(false));

const SIGNAL = new AbortController().signal;
const DAY = 24 * HOUR;

/** A fleet of one instance that is at Novita too, from noon of a day on; that day and the next have been counted. */
class BilledWorld extends SpendWorld {
  readonly novita = new SandboxNovita(this.clock);
  readonly bills = new MemoryBillStore();
  readonly check = this.checkWith(this.options.billTolerancePercent);

  static async begin(): Promise<BilledWorld> {
    const world = new BilledWorld();
    const id = world.novita.add('a', 'running');
    const [product] = (await world.novita.client.catalogue.gpuProducts()).filter(
      (each) => each.id === world.novita.world.instance(id)?.productId,
    );
    const { billingMode = 'onDemand', gpuNum = 1 } = world.novita.world.instance(id) ?? {};
    const perGpu = billingMode === 'spot' ? product?.spotUsdPerHour : product?.onDemandUsdPerHour;
    await world.add({ novitaInstanceId: id, price: { usdPerHour: (perGpu ?? 0) * gpuNum } });
    // Accrued each hour, as a worker does.
    for (let hour = 0; hour < 66; hour += 1) await world.hour();
    return world;
  }

  checkWith(billTolerancePercent: number, events: FleetEvents = this.store.events): BillCheck {
    const options = { ...this.options, billTolerancePercent };
    return new BillCheck(
      this.novita.client,
      this.store.spend,
      this.store.records,
      this.bills,
      events,
      this.clock,
      options,
    );
  }

  async hour(): Promise<void> {
    this.clock.advance(HOUR);
    await this.accrue();
  }

  /** Yesterday as the latest check has it, which is the first whole day. */
  async yesterday(): Promise<BillDay | undefined> {
    await this.check.run('schedule', SIGNAL);
    const { days } = await this.bills.read();
    return days.get(dayOf(this.clock.now()) - 1);
  }

  async told({ feed } = this.store): Promise<unknown[]> {
    const entries = (await feed.after(BEFORE_FIRST_ENTRY, 1_000)) ?? [];
    return entries.flatMap((entry) => (entry.type === 'spend.bill_differs' ? [entry.data] : []));
  }
}

describe('the check of the bill', () => {
  it('finds that the meters are right, and does not compare the day on which they began', async () => {
    const world = await BilledWorld.begin();
    world.clock.advance(13 * HOUR);
    const day = await world.yesterday();
    expect(day?.meteredUsd).toBeGreaterThan(1);
    expect(day).toMatchObject({ unknown: null, instances: [{ name: expect.any(String) as string }] });
    expect(day?.billedUsd).toBeCloseTo(day?.meteredUsd ?? Number.NaN, 3);
    const { days, lastRun } = await world.bills.read();
    const beganOn = Math.min(...days.keys());
    const first = [...days.values()].find(({ meteredUsd }) => meteredUsd > 0);
    expect(first?.unknown).toBe('not-counted');
    expect(beganOn).toBeLessThan(dayOf(world.clock.now()));
    expect(lastRun).toEqual({ at: world.clock.timestamp(), trigger: 'schedule', error: null });
    expect(await world.told()).toEqual([]);
    expect(world.novita.sent('listUsageBills')).toBe(1);
  });

  it('announces a day once that was billed otherwise', async () => {
    const world = await BilledWorld.begin();
    world.clock.advance(13 * HOUR);
    world.novita.faults.add({ kind: 'bill-charges', percent: 150 });
    const day = await world.yesterday();
    expect(day === undefined ? null : differs(day, 5)).toBe(true);
    await world.yesterday();
    const told = (await world.told()) as { day: string; differencePercent: number }[];
    // Two days are over: each is announced, and once.
    expect(new Set(told.map((event) => event.day)).size).toBe(told.length);
    expect(told.map((event) => event.day)).toContain(dateOfDay(dayOf(world.clock.now()) - 1));
    expect(told[0]?.differencePercent).toBeCloseTo(33.3, 0);
  });

  it('announces a day that exceeds a tolerance which was lowered, and keeps that it was announced', async () => {
    const world = await BilledWorld.begin();
    world.clock.advance(13 * HOUR);
    world.novita.faults.add({ kind: 'bill-charges', percent: 104 });
    const yesterday = dayOf(world.clock.now()) - 1;
    const announced = async (tolerance: number): Promise<unknown> => {
      await world.checkWith(tolerance).run('schedule', SIGNAL);
      return (await world.bills.read()).days.get(yesterday)?.isAnnounced;
    };
    expect(await announced(5)).toBe(false);
    expect(await world.told()).toEqual([]);
    expect(await announced(1)).toBe(true);
    const told = await world.told();
    expect(told).toContainEqual(expect.objectContaining({ day: dateOfDay(yesterday), tolerancePercent: 1 }));
    expect([await announced(50), await announced(1)]).toEqual([true, true]);
    expect(await world.told()).toEqual(told);
  });

  it('does not announce again what is recorded as announced, even if it could not be compared meanwhile', async () => {
    const world = await BilledWorld.begin();
    world.clock.advance(13 * HOUR);
    world.novita.faults.add({ kind: 'bill-charges', percent: 150 });
    const before = await world.yesterday();
    const { days, lastRun } = await world.bills.read();
    if (before === undefined || lastRun === null) throw new Error('there is no day');
    const meanwhile = [...days.values()].map((day) => ({ ...day, billedUsd: null, unknown: 'incomplete' as const }));
    await world.bills.record(lastRun, meanwhile, dayOf(world.clock.now()));
    // By a fleet whose feed has forgotten that the event was emitted.
    const forgetful = memoryStore(world.clock);
    const found = await world.checkWith(5, forgetful.events).run('schedule', SIGNAL);
    expect(found.find(({ day }) => day === before.day)).toMatchObject({ unknown: null, isAnnounced: true });
    expect(await world.told(forgetful)).toEqual([]);
  });

  it.each([
    ['is late', { kind: 'bill-late', hours: 80 }, 'not-billed-yet'],
    ['comes in another unit', { kind: 'bill-unit', factor: 100 }, 'unreadable'],
  ] as const)('calls a bill that %s not known, and announces nothing', async (_what, fault, unknown) => {
    const world = await BilledWorld.begin();
    world.clock.advance(13 * HOUR);
    world.novita.faults.add(fault);
    expect(await world.yesterday()).toMatchObject({ unknown, billedUsd: null });
    expect(await world.told()).toEqual([]);
    // Once it has come, it is compared.
    world.novita.faults.clear();
    expect(await world.yesterday()).toMatchObject({ unknown: null });
  });

  it('calls a day that is missing on the bill not known, and compares the other', async () => {
    const world = await BilledWorld.begin();
    world.clock.advance(13 * HOUR);
    const yesterday = dayOf(world.clock.now()) - 1;
    world.novita.faults.add({ kind: 'bill-missing-day', day: dateOfDay(yesterday) });
    expect(await world.yesterday()).toMatchObject({ unknown: 'not-billed-yet' });
    expect((await world.bills.read()).days.get(yesterday - 1)).toMatchObject({ unknown: null });
    expect(await world.told()).toEqual([]);
  });

  it('asks no more for a day that was compared for good, and goes on for 31 days', async () => {
    const world = await BilledWorld.begin();
    for (let day = 0; day < 40; day += 1) {
      world.clock.advance(DAY);
      await world.accrue();
      await world.check.run('schedule', SIGNAL);
    }
    const { days } = await world.bills.read();
    const today = dayOf(world.clock.now());
    expect([Math.min(...days.keys()), Math.max(...days.keys()), days.size]).toEqual([today - 31, today - 1, 31]);
    const stood = days.get(today - 5)?.checkedAt;
    world.clock.advance(HOUR);
    await world.check.run('schedule', SIGNAL);
    expect((await world.bills.read()).days.get(today - 5)?.checkedAt).toBe(stood);
  });

  it('says why the bill could not be read, keeps what was known, and tries again only what may pass', async () => {
    const world = await BilledWorld.begin();
    world.clock.advance(13 * HOUR);
    const known = await world.yesterday();
    world.novita.faultOf = (operation) =>
      operation === 'listUsageBills' ? { kind: 'error', status: 503, reason: 'UNKNOWN', message: 'later' } : null;
    await expect(world.check.run('schedule', SIGNAL)).rejects.toMatchObject({ kind: 'server-fault' });
    const { lastRun, days } = await world.bills.read();
    expect(lastRun?.error).toContain('503');
    expect(days.get(known?.day ?? 0)).toEqual(known);
    const refused = new NovitaUnauthorizedError('GET /billing/bill/list answered 403', { call: 'c', httpStatus: 403 });
    const account = { usageBill: () => Promise.reject(refused) };
    const { store, bills, clock, options } = world;
    const check = new BillCheck(
      partialNovita({ account }),
      store.spend,
      store.records,
      bills,
      store.events,
      clock,
      options,
    );
    expect(await check.run('manual', SIGNAL)).toEqual([]);
    expect((await bills.read()).lastRun).toMatchObject({ trigger: 'manual', error: refused.message });
  });
});

describe('the job of the bill', () => {
  const context = { attempt: 1, jobId: 'j', signal: SIGNAL };

  it('runs on its schedule only where it is wanted, and by hand in any case', async () => {
    const ran: string[] = [];
    const check = { run: async (trigger: string) => (ran.push(trigger), []) } as unknown as BillCheck;
    for (const billCheck of [true, false]) {
      const { options, clock } = new SpendWorld({ billCheck });
      const processor = new BillCheckProcessor(check, options, clock, new MetricsRegistry());
      clock.advance(HOUR);
      await processor.handle({ trigger: 'schedule' }, context);
      await processor.handle({ trigger: 'manual' }, context);
      const periods: (number | null)[] = [];
      new BillSchedule({ add: ({ everyMs }) => void periods.push(everyMs) }, options).onModuleInit();
      expect(periods).toEqual([billCheck ? 6 * HOUR_MS : null]);
    }
    expect(ran).toEqual(['schedule', 'manual', 'manual']);
  });

  it('leaves out the period in which its process has just started, and runs by hand all the same', async () => {
    const ran: string[] = [];
    const check = { run: async (trigger: string) => (ran.push(trigger), []) } as unknown as BillCheck;
    const { options, clock } = new SpendWorld({ billCheck: true });
    const processor = new BillCheckProcessor(check, options, clock, new MetricsRegistry());
    clock.advance(60_000);
    await processor.handle({ trigger: 'schedule' }, context);
    await processor.handle({ trigger: 'manual' }, context);
    clock.advance(240_000);
    await processor.handle({ trigger: 'schedule' }, context);
    expect(ran).toEqual(['manual', 'schedule']);
  });

  it('shows the difference of the latest day that is known, and nothing before', async () => {
    const world = await BilledWorld.begin();
    const gauge = new BillGauge(world.bills, world.registry, world.clock);
    gauge.onModuleInit();
    const shown = async (): Promise<string | undefined> =>
      (await world.registry.metrics()).split('\n').find((line) => line.startsWith('novita_bill_difference_ratio'));
    expect(await shown()).toBeUndefined();
    world.clock.advance(13 * HOUR);
    world.novita.faults.add({ kind: 'bill-charges', percent: 200 });
    await world.check.run('schedule', SIGNAL);
    world.clock.advance(HOUR);
    expect(Number((await shown())?.split(' ')[1])).toBeCloseTo(0.5, 2);
  });
});
