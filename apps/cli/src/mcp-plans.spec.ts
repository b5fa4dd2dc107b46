import type { Instance, OffersView } from '@novita-fleet/client';
import { describe, expect, it } from 'vitest';
import {
  type CreateArguments,
  limitsText,
  listedPrice,
  overLimit,
  planCommand,
  planCreate,
  planHolds,
  planLease,
} from './mcp-plans.js';

const NOW = Date.UTC(2026, 2, 1, 10);
const ARGUMENTS: CreateArguments = { name: 'a', gpu: 'RTX 4090', gpus: 1, billing: 'onDemand', image: 'nginx' };
type Listed = readonly [region: string, usd: number | undefined, available?: boolean];
const offers = (...list: readonly Listed[]): OffersView => ({
  gpus: [
    {
      name: 'RTX 4090 24GB',
      offers: list.map(([region, usd, available = true]) => ({
        region,
        productId: `4090-${region}`,
        available,
        ...(usd !== undefined && { pricePerHour: usd }),
      })),
    },
  ],
  gpuNum: 1,
  billingMode: 'onDemand',
  asOf: '2026-03-01T10:00:00.000Z',
});
const LIMITS = {
  usdPerHour: 1,
  hoursPerInstance: 4,
  now: {
    asOf: '2026-03-01T10:00:00.000Z',
    committedUsdPerHour: 0.5,
    leftUsdPerHour: 0.5,
    leftBy: 'usdPerHour',
    todayUsd: 0,
    unpriced: 0,
  },
} as const;
const instance = (overrides: Partial<Instance> = {}): Instance =>
  ({
    id: 'ins_1',
    name: 'a',
    status: 'ready',
    desired: 'running',
    owner: 'user:ci',
    billingMode: 'onDemand',
    pricePerHour: 0.4,
    billedNow: 'running',
    autoStop: {},
    ...overrides,
  }) as Instance;

describe('the plan of a create', () => {
  it('takes the cheapest that is in stock, and its product alone, with an end', () => {
    const plan = planCreate(ARGUMENTS, offers(['EU', 0.3, false], ['US', 0.5], ['HK', 0.4]), 0, undefined);
    expect(plan).toMatchObject({ beginsUsdPerHour: 0.4, atMostUsd: 3.2, facts: { productId: '4090-HK' } });
    expect(plan.body).toMatchObject({
      productId: '4090-HK',
      region: 'HK',
      maxLifetimeMinutes: 480,
      // A confirmation that comes late, or again, rents at the planned price or not at all.
      maxPricePerHour: 0.4,
    });
    expect(planCreate({ ...ARGUMENTS, lifetimeMinutes: 60 }, offers(['US', 0.5]), 0, undefined).atMostUsd).toBe(0.5);
    expect(planCreate(ARGUMENTS, offers(['US', 0.5]), 0, LIMITS).body.maxLifetimeMinutes).toBe(240);
  });

  it('goes to no other region than the one that is named, and says where it is to be had', () => {
    const there = offers(['US-01 (Dallas)', 0.5], ['HK', 0.4]);
    expect(planCreate({ ...ARGUMENTS, region: 'us-01' }, there, 0, undefined).facts['region']).toBe('US-01 (Dallas)');
    expect(() => planCreate({ ...ARGUMENTS, region: 'EU' }, there, 0, undefined)).toThrow('in US-01 (Dallas), HK');
    expect(() => planCreate({ ...ARGUMENTS, gpu: 'H100' }, there, 0, undefined)).toThrow('no GPU "H100"');
  });

  it('is none where the price is not known', () => {
    expect(() => planCreate(ARGUMENTS, offers(['HK', undefined]), 0, undefined)).toThrow('not known');
  });

  it('holds while nothing is dearer and nothing else has changed', () => {
    const plan = planCreate(ARGUMENTS, offers(['HK', 0.4]), 0, undefined);
    const later = (...list: readonly Listed[]) => planHolds(plan, planCreate(ARGUMENTS, offers(...list), 3, undefined));
    expect(later(['HK', 0.4])).toBe(true);
    expect(later(['HK', 0.39])).toBe(true);
    expect(later(['HK', 0.41])).toBe(false);
    expect(later(['US', 0.4])).toBe(false);
  });

  it('is rejected where the limits of the key leave less, or nobody knows what they leave', () => {
    const plan = planCreate(ARGUMENTS, offers(['HK', 0.6]), 0, LIMITS);
    expect(overLimit(plan, LIMITS)).toContain('leave $0.50');
    expect(overLimit(plan, { ...LIMITS, usdPerDay: 9 })).toContain(
      'may cost $1.00 an hour together and $9.00 a day of UTC; each lives for 4 h at most. They cost $0.50 an hour now and have cost $0.00 today; $0.50 an hour may still be begun.',
    );
    expect(limitsText({ ...LIMITS, now: null }).join(' ')).toContain('what it leaves, is not known');
    expect(limitsText({ ...LIMITS, now: { ...LIMITS.now, unpriced: 2 } }).join(' ')).toContain('without 2 whose price');
    expect(overLimit(plan, { ...LIMITS, now: null })).toContain('not known');
    expect(overLimit(plan, { ...LIMITS, now: { ...LIMITS.now, unpriced: 1, leftUsdPerHour: 9 } })).toContain(
      'not known',
    );
    expect(overLimit(plan, undefined)).toBeNull();
    expect(overLimit(planCommand('stop', instance({ pricePerHour: 9 }), LIMITS, NOW), LIMITS)).toBeNull();
  });
});

describe('a limit of the day', () => {
  const withLeft = (leftTodayUsd: number, now: { readonly committedUsdPerHour?: number } = {}) =>
    ({ ...LIMITS, usdPerDay: 9, now: { ...LIMITS.now, ...now, leftUsdPerHour: 0.1, leftTodayUsd } }) as const;

  it('is held against what an instance costs until its end, whatever one of the longest lifetime may cost', () => {
    const anHour = planCreate({ ...ARGUMENTS, lifetimeMinutes: 60 }, offers(['HK', 0.4]), 0, withLeft(0.4));
    expect(overLimit(anHour, withLeft(0.4))).toBeNull();
    expect(overLimit(anHour, withLeft(0.39))).toContain('it would cost $0.40 of today');
    expect(overLimit(anHour, withLeft(9, { committedUsdPerHour: 0.7 }))).toContain('leave $0.30');
    expect(anHour.sentences.join(' ')).toContain('leave $0.50 an hour, and $0.10 after it. They leave $0.40 of today');
    expect(limitsText(withLeft(0.4)).join(' ')).toContain(
      '$0.10 an hour may still be begun by what lives for so long. Of today',
    );
  });

  it('counts until midnight where that comes first, and where nothing ends it', () => {
    const long = planCreate({ ...ARGUMENTS, lifetimeMinutes: 2_000 }, offers(['HK', 0.4]), 0, undefined);
    const endless = planCommand('start', instance(), undefined, NOW);
    for (const plan of [long, endless]) {
      // Fourteen hours are left.
      expect(overLimit(plan, withLeft(5.6))).toBeNull();
      expect(overLimit(plan, withLeft(5.59))).toContain('$5.60 of today');
    }
  });
});

describe('the plan of a command', () => {
  it('says what ends, and what does not', () => {
    const text = (overrides: Partial<Instance>) =>
      planCommand('stop', instance(overrides), undefined, NOW).sentences.join(' ');
    expect(text({})).toContain('ends $0.40 an hour');
    expect(text({ billingMode: 'monthly' })).toContain('its month is paid');
    expect(planCommand('delete', instance({ billingMode: 'monthly' }), undefined, NOW).endsUsdPerHour).toBe(0);
    const unbilled = instance({ status: 'stopped' });
    delete (unbilled as { billedNow?: unknown }).billedNow;
    expect(planCommand('stop', unbilled, undefined, NOW).sentences.join(' ')).toContain('costs nothing now');
    const lease = { until: '2026-03-01T12:00:00.000Z', by: 'user:ci', reason: 'a\u001b[31m job' };
    expect(text({ autoStop: { lease } })).toContain('leased until 2026-03-01T12:00:00.000Z by user:ci (a job)');
  });

  it('holds only while the instance is in that state', () => {
    const plan = planCommand('stop', instance(), undefined, NOW);
    expect(planHolds(plan, planCommand('stop', instance(), undefined, NOW + 1))).toBe(true);
    expect(
      planHolds(plan, planCommand('stop', instance({ status: 'stopping', desired: 'stopped' }), undefined, NOW)),
    ).toBe(false);
  });

  it('of a start says the most that it can cost, and is none without a price', () => {
    const lifetime = { maxMinutes: 480, endsAt: '2026-03-01T12:30:00.000Z' };
    expect(planCommand('start', instance({ lifetime }), undefined, NOW).atMostUsd).toBe(1);
    expect(planCommand('start', instance(), undefined, NOW).atMostUsd).toBeNull();
    const unpriced = instance();
    delete (unpriced as { pricePerHour?: unknown }).pricePerHour;
    expect(() => planCommand('start', unpriced, undefined, NOW)).toThrow('not known');
    expect(() => planLease(unpriced, 60, NOW)).toThrow('not known');
  });

  it('of a start holds while the catalogue does not list it dearer', () => {
    const stopped = instance({ product: { id: '4090-HK', name: 'RTX 4090 24GB' }, region: 'HK' });
    const start = (listed: number | null) => planCommand('start', stopped, undefined, NOW, listed);
    const later = (listed: number | null): boolean => planHolds(start(0.4), start(listed));
    expect([later(0.4), later(0.3), later(null), later(0.5)]).toEqual([true, true, true, false]);
    expect(planHolds(start(null), start(0.5))).toBe(false);
    expect(start(0.5).sentences.join(' ')).toContain('lists it at $0.50 an hour now');
    expect(listedPrice(stopped, offers(['US', 0.2], ['HK', 0.5, false]))).toBe(0.5);
    expect(listedPrice(stopped, offers(['US', 0.2]))).toBeNull();
    expect(listedPrice(stopped, offers(['HK', undefined]))).toBeNull();
  });

  it('of a lease costs no more than what is left of the lifetime', () => {
    expect(planLease(instance(), 90, NOW).atMostUsd).toBeCloseTo(0.6);
    const lifetime = { maxMinutes: 480, endsAt: '2026-03-01T10:30:00.000Z' };
    const plan = planLease(instance({ lifetime }), 90, NOW);
    expect(plan.atMostUsd).toBeCloseTo(0.2);
    expect(plan.sentences.join(' ')).toContain('Its lifetime ends earlier, in 30 min.');
  });
});
