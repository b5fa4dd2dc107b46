import { type InstanceId, startOfDayMs } from '@app/instance-store';
import type { NovitaBillLine, NovitaInstanceId } from '@app/novita-client';
import { HOUR_MS, timestampFromMs } from '@app/platform';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BillDay,
  type BilledDay,
  billByDay,
  type CountedInstance,
  compareDay,
  DAYS_CHECKED,
  daysToCheck,
  differenceRatio,
  differs,
  FINAL_AFTER_MS,
  MOST_INSTANCES,
  SETTLES_AFTER_MS,
} from './bill-day.js';

const DAY = 20_423;
const END = startOfDayMs(DAY + 1);
const SETTLED = END + SETTLES_AFTER_MS;
const FINAL = END + FINAL_AFTER_MS;

const idOf = (number: number): NovitaInstanceId => `n${number}` as NovitaInstanceId;

function ran(number: number, usd: number, more: Partial<CountedInstance> = {}): CountedInstance {
  const id = `ins_${number}` as InstanceId;
  return { id, usd, novitaInstanceId: idOf(number), name: `i${number}`, billingMode: 'onDemand', ...more };
}

function billed(amounts: Readonly<Record<string, number>>, doubt: string | null = null): BilledDay {
  return { usdByInstance: new Map(Object.entries(amounts) as [NovitaInstanceId, number][]), doubt };
}

const all = (...instances: CountedInstance[]) => ({ instances, isCounted: true });

describe('a day of the bill', () => {
  it('is compared by instance: what only one of the two knows counts as a difference', () => {
    const day = compareDay(DAY, all(ran(1, 8), ran(2, 2)), billed({ n1: 8, n3: 4 }), FINAL);
    expect(day).toMatchObject({ meteredUsd: 10, billedUsd: 12, unknown: null });
    expect(day.instances).toMatchObject([
      { instanceId: null, novitaInstanceId: 'n3', meteredUsd: 0, billedUsd: 4 },
      { instanceId: 'ins_2', meteredUsd: 2, billedUsd: 0 },
      { instanceId: 'ins_1', meteredUsd: 8, billedUsd: 8 },
    ]);
    expect(differenceRatio(day)).toBeCloseTo(1 / 6, 9);
    expect([differs(day, 16), differs(day, 17)]).toEqual([true, false]);
  });

  it('that the bill lacks is not known, however old it is', () => {
    for (const at of [SETTLED, FINAL, FINAL + 1_000 * HOUR_MS]) {
      const day = compareDay(DAY, all(ran(1, 8)), billed({}), at);
      expect(day).toMatchObject({
        meteredUsd: 8,
        billedUsd: null,
        unknown: 'not-billed-yet',
        instances: [],
        others: null,
      });
      expect([differenceRatio(day), differs(day, 0)]).toEqual([null, null]);
    }
  });

  it('on which nothing ran and nothing was billed does not differ', () => {
    expect(differs(compareDay(DAY, all(), billed({}), FINAL), 0)).toBe(false);
  });

  it.each([
    ['ended a moment ago', all(ran(1, 8)), billed({ n1: 6 }), SETTLED - 1, 'not-billed-yet'],
    ['still lacks one that ran', all(ran(1, 8), ran(2, 2)), billed({ n1: 8 }), FINAL - 1, 'incomplete'],
    ['is not understood', all(ran(1, 8)), billed({ n1: 8 }, 'in euros'), FINAL, 'unreadable'],
    ['was not counted all day', { instances: [ran(1, 2)], isCounted: false }, billed({ n1: 8 }), FINAL, 'not-counted'],
  ] as const)('that %s is not known', (_what, counted, bill, at, unknown) => {
    const day = compareDay(DAY, counted, bill, at);
    expect(day).toMatchObject({ unknown, billedUsd: null, others: null });
    expect(differenceRatio(day)).toBeNull();
  });

  it('leaves out what is paid by the month', () => {
    const day = compareDay(DAY, all(ran(1, 8), ran(2, 20, { billingMode: 'monthly' })), billed({ n1: 8 }), FINAL);
    expect(day).toMatchObject({ meteredUsd: 8, billedUsd: 8, monthly: { instances: 1, usd: 20 } });
    expect(differs(day, 0)).toBe(false);
  });

  const GONE = { novitaInstanceId: null, name: null, billingMode: null } as const;

  it('is not compared while records of what ran are gone: they may be paid by the month', () => {
    const counted = all(ran(1, 8), ran(2, 20, GONE), ran(3, 0.5, GONE));
    const detail = 'no record is left of 2 instances that came to 20.50 USD: how that is paid is not known';
    for (const [at, unknown] of [
      [SETTLED, 'incomplete'],
      [FINAL - 1, 'incomplete'],
      [FINAL, 'no-record'],
      [FINAL + 1_000 * HOUR_MS, 'no-record'],
    ] as const) {
      const day = compareDay(DAY, counted, billed({ n1: 8 }), at);
      expect(day).toMatchObject({ meteredUsd: 28.5, billedUsd: null, unknown, detail });
    }
    const one = compareDay(DAY, all(ran(1, 0.01, GONE)), billed({ n1: 0.01 }), FINAL);
    expect(one.detail).toBe('no record is left of an instance that came to 0.01 USD: how that is paid is not known');
  });

  it('counts less than a cent without a record on its own side, so that the sums stay right', () => {
    const day = compareDay(DAY, all(ran(1, 0.009, GONE)), billed({ n1: 0.009 }), FINAL);
    expect(day).toMatchObject({ meteredUsd: 0.009, billedUsd: 0.009, unknown: null, detail: null });
    expect(day.instances).toHaveLength(2);
  });

  const amount = fc.integer({ min: 0, max: 5_000_000 }).map((micro) => micro / 1e6);
  const side = fc.dictionary(fc.integer({ min: 1, max: 60 }).map(String), amount, { maxKeys: 60 });

  it('adds up: its instances and all others are the whole', () => {
    fc.assert(
      fc.property(side, side, (counted, bill) => {
        const instances = Object.entries(counted).map(([number, usd]) => ran(Number(number), usd));
        const amounts = Object.fromEntries(Object.entries(bill).map(([number, usd]) => [idOf(Number(number)), usd]));
        const day = compareDay(DAY, all(...instances), billed(amounts), FINAL);
        if (day.unknown !== null) return;
        expect(day.instances.length).toBeLessThanOrEqual(MOST_INSTANCES);
        const parts = (of: 'meteredUsd' | 'billedUsd'): number =>
          day.instances.reduce((sum, instance) => sum + instance[of], day.others?.[of] ?? Number.NaN);
        expect(parts('meteredUsd')).toBeCloseTo(day.meteredUsd, 6);
        expect(parts('billedUsd')).toBeCloseTo(day.billedUsd ?? Number.NaN, 6);
        expect(day.meteredUsd).toBeCloseTo(
          Object.values(counted).reduce((sum, usd) => sum + usd, 0),
          6,
        );
        const ratio = differenceRatio(day);
        expect(Math.abs(ratio ?? Number.NaN)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('has no difference while anything of it is not known, and never a whole one for want of a bill', () => {
    fc.assert(
      fc.property(side, fc.boolean(), fc.integer({ min: -48, max: 400 }), (counted, isCounted, hours) => {
        const instances = Object.entries(counted).map(([number, usd]) => ran(Number(number), usd));
        const day = compareDay(DAY, { instances, isCounted }, billed({}), END + hours * HOUR_MS);
        expect(day.unknown === null).toBe(differenceRatio(day) !== null);
        expect(day.unknown === null).toBe(day.billedUsd !== null);
        expect(differenceRatio(day) ?? 0).toBe(0);
      }),
    );
  });
});

describe('the bill by day', () => {
  const line = (number: number, fromMs: number, toMs: number, amountUsd: number | null): NovitaBillLine => ({
    instanceId: idOf(number),
    from: timestampFromMs(fromMs),
    to: timestampFromMs(toMs),
    amountUsd,
  });
  const start = startOfDayMs(DAY);
  const lastSecond = END - 1_000;

  it('adds up the lines of an instance, and leaves out days that were not asked for', () => {
    const lines = [
      line(1, start, lastSecond, 3),
      line(1, start + HOUR_MS, start + 2 * HOUR_MS, 0.5),
      line(1, END, END + HOUR_MS, 9),
    ];
    const byDay = billByDay({ lines, unreadable: [] }, [DAY]);
    expect([...byDay.keys()]).toEqual([DAY]);
    expect(byDay.get(DAY)).toEqual({ usdByInstance: new Map([['n1', 3.5]]), doubt: null });
  });

  it.each([
    ['its last second', lastSecond],
    ['the midnight after it', END],
  ])('has a whole day in it, whether that ends with %s', (_what, to) => {
    const byDay = billByDay({ lines: [line(1, start, to, 3)], unreadable: [] }, [DAY, DAY + 1]);
    expect(byDay.get(DAY)).toEqual({ usdByInstance: new Map([['n1', 3]]), doubt: null });
    expect(byDay.get(DAY + 1)).toEqual({ usdByInstance: new Map(), doubt: null });
  });

  it('has a line of no length on the day on which it begins', () => {
    const byDay = billByDay({ lines: [line(1, END, END, 3)], unreadable: [] }, [DAY, DAY + 1]);
    expect([byDay.get(DAY)?.usdByInstance.size, byDay.get(DAY + 1)?.usdByInstance.size]).toEqual([0, 1]);
  });

  it.each([
    ['a line of no known unit', [line(1, start, lastSecond, null)], [], /unit/],
    ['a day of another time zone', [line(1, start + 16 * HOUR_MS, END + 16 * HOUR_MS, 3)], [], /UTC/],
    [
      'a line that cannot be read',
      [],
      [{ path: 'bills[3].ownerID', reason: 'missing' }],
      /bills\[3\]\.ownerID: missing/,
    ],
  ])('is in doubt by %s', (_what, lines, unreadable, doubt) => {
    expect(billByDay({ lines, unreadable }, [DAY]).get(DAY)?.doubt).toMatch(doubt);
  });
});

describe('the days of a check', () => {
  it('are the ended ones that were not compared for good', () => {
    const now = startOfDayMs(DAY + 3) + HOUR_MS;
    expect(daysToCheck(new Map(), now)).toEqual(
      Array.from({ length: DAYS_CHECKED }, (_, i) => DAY + 3 - DAYS_CHECKED + i),
    );
    const compared = (amounts: Readonly<Record<string, number>>, at: number): BillDay => ({
      ...compareDay(DAY, all(ran(1, 8)), billed(amounts), at),
      isAnnounced: false,
    });
    const early = compared({ n1: 8 }, SETTLED);
    const late = compared({ n1: 8 }, FINAL);
    const never = compared({}, FINAL);
    expect(daysToCheck(new Map([[DAY, early]]), now)).toContain(DAY);
    expect(daysToCheck(new Map([[DAY, never]]), now)).toContain(DAY);
    expect(daysToCheck(new Map([[DAY, late]]), now)).not.toContain(DAY);
  });
});
