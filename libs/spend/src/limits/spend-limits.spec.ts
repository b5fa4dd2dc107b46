import { type Actor, type InstanceRecord, ownerOf } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anIdleInstance, minutes, NOW, RULES } from '../../test/fakes/spend-world.js';
import {
  inOrderOfStops,
  isWithinLimits,
  judgeForLimits,
  limitsReached,
  reasonOf,
  type StopPlace,
  stopPlaceOf,
} from './spend-limits.js';

const usd = fc.integer({ min: 0, max: 20 });
const owner = fc.constantFrom<(Actor | null)[]>('user:a', 'user:b', null);
const limits = fc.record({
  dailyLimitUsd: fc.option(usd.map((n) => n + 1)),
  ownerDailyLimitUsd: fc.option(usd.map((n) => n + 1)),
});
const spent = fc.record({
  day: fc.constant('2026-06-01'),
  usd,
  byOwner: fc.tuple(usd, usd, usd).map(
    ([a, b, c]) =>
      new Map([
        ['user:a', a],
        ['user:b', b],
        ['unknown', c],
      ]),
  ),
});

const instance = fc
  .record({
    createdBy: owner,
    status: fc.constantFrom('creating', 'starting', 'running', 'ready', 'stopping', 'stopped', 'migrating', 'failed'),
    origin: fc.constantFrom('managed', 'adopted', 'discovered'),
    state: fc.constantFrom('running', 'stopped', 'deleted'),
    isAllowed: fc.boolean(),
    billingMode: fc.constantFrom('onDemand', 'spot', 'monthly'),
    leaseMinutes: fc.option(fc.integer({ min: -60, max: 60 })),
    usdPerHour: fc.option(usd),
    created: fc.integer({ min: -100_000, max: -70 }),
  } as const)
  .map(({ createdBy, status, origin, state, isAllowed, billingMode, leaseMinutes, usdPerHour, created }) =>
    anIdleInstance({
      createdBy,
      status,
      origin,
      desired: { state, at: minutes(-65), by: 'user:a', ...(isAllowed && { overSpendLimit: true as const }) },
      spec: { billingMode },
      price: { usdPerHour },
      timestamps: { created: minutes(created) },
      autoStop:
        leaseMinutes === null
          ? {}
          : { lease: { until: timestampFromMs(NOW + leaseMinutes * 60_000), by: 'a', reason: 'r' } },
    }),
  );

const judge = (record: InstanceRecord, reached: ReturnType<typeof limitsReached>) =>
  judgeForLimits({ record, lastUsedAt: null }, reached, NOW);

describe('who is stopped by a limit', () => {
  it('is never leased, made elsewhere, monthly, allowed by an admin, or not desired to run', () => {
    let stops = 0;
    fc.assert(
      fc.property(instance, spent, limits, (record, day, options) => {
        const { verdict } = judge(record, limitsReached(day, options));
        if (verdict !== 'stop') return;
        stops += 1;
        const { lease } = record.autoStop;
        expect(lease === undefined || lease.until <= minutes(0)).toBe(true);
        expect(record.origin).not.toBe('discovered');
        expect(record.spec.billingMode).not.toBe('monthly');
        expect(record.desired.state).toBe('running');
        expect(record.desired.overSpendLimit).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
    expect(stops).toBeGreaterThan(5);
  });

  it('is, below the limit of the fleet, of an owner who has reached that of owners', () => {
    fc.assert(
      fc.property(instance, spent, limits, (record, day, options) => {
        const reached = limitsReached(day, options);
        const result = judge(record, reached);
        if (isWithinLimits(reached)) expect(result).toEqual({ verdict: 'skip', why: 'within-limit' });
        if (result.verdict !== 'stop' || reached.fleet !== null) return;
        const cost = day.byOwner.get(ownerOf(record)) ?? 0;
        expect(ownerOf(record)).toMatch(/^user:/);
        expect(cost).toBeGreaterThanOrEqual(options.ownerDailyLimitUsd ?? Number.POSITIVE_INFINITY);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [{}, 'stop'],
    [{ status: 'starting' }, 'stop'],
    [{ origin: 'discovered' }, 'made-elsewhere'],
    [{ spec: { billingMode: 'monthly' } }, 'monthly'],
    [{ autoStop: { lease: { until: minutes(1), by: 'a', reason: 'r' } } }, 'leased'],
    [{ autoStop: { lease: { until: minutes(0), by: 'a', reason: 'r' } } }, 'stop'],
    [{ desired: { state: 'running', at: minutes(-9), by: 'user:a', overSpendLimit: true } }, 'allowed'],
    [{ status: 'stopping', desired: { state: 'stopped', at: minutes(-9), by: 'spend-limit' } }, 'not-running'],
    [{ status: 'migrating' }, 'busy'],
  ] as const)('%o: %s', (overrides, expected) => {
    const reached = limitsReached(
      { day: 'd', usd: 10, byOwner: new Map() },
      { dailyLimitUsd: 10, ownerDailyLimitUsd: null },
    );
    const result = judge(anIdleInstance(overrides), reached);
    expect(result.verdict === 'stop' ? 'stop' : result.why).toBe(expected);
  });

  it('is told why', () => {
    expect(reasonOf({ owner: null, spentUsd: 12.345, limitUsd: 10 })).toBe(
      'the fleet has cost $12.35 today, and SPEND_DAILY_LIMIT_USD is $10.00',
    );
    expect(reasonOf({ owner: 'user:a', spentUsd: 5, limitUsd: 5 })).toContain('user:a');
  });
});

describe('the order of stops', () => {
  it('is idle ones by price, then those in use by age', () => {
    const idle = (usdPerHour: number | null) => ({
      record: anIdleInstance({ price: { usdPerHour } }),
      lastUsedAt: null,
    });
    const used = (created: number, usdPerHour: number) => ({
      record: anIdleInstance({ price: { usdPerHour }, timestamps: { created: minutes(created) } }),
      lastUsedAt: minutes(-1),
    });
    const wanted = [idle(9), idle(2), idle(null), used(-500, 1), used(-400, 50)];
    const places = wanted.map((stored) => stopPlaceOf(stored, RULES, NOW));
    expect(places.map(({ isIdle }) => isIdle)).toEqual([true, true, true, false, false]);
    expect(places.toReversed().toSorted(inOrderOfStops)).toEqual(places);
  });

  it('is total: the same whatever the instances are read in', () => {
    const place = fc.record<StopPlace>({
      isIdle: fc.boolean(),
      usdPerHour: fc.integer({ min: 0, max: 3 }),
      createdMs: fc.integer({ min: 0, max: 3 }),
      id: fc.string({ minLength: 1, maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(place, { selector: ({ id }) => id }), (places) => {
        expect(places.toReversed().toSorted(inOrderOfStops)).toEqual(places.toSorted(inOrderOfStops));
      }),
      { numRuns: 200 },
    );
  });
});
