import type { InstanceId, OwnerCommitment, OwnerCommitments } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyBudget } from './key-budget.js';

const HOUR = 3_600_000;
const MIDNIGHT = Date.UTC(2026, 5, 1);
const LIMITS = { usdPerHour: 2, usdPerDay: null, hoursPerInstance: 8 };
const NOTHING = { commitments: new Map(), todayUsd: 0, accruedAt: null };
const NONE: OwnerCommitments = new Map();
const costs = (prices: Record<string, number | null>, endsMs: number | null = null): OwnerCommitments =>
  new Map(Object.entries(prices).map(([id, usdPerHour]) => [id as InstanceId, { usdPerHour, endsMs }]));

describe('what a key with limits may still begin', () => {
  it('is what its instances leave of an hour', () => {
    const commitments = costs({ a: 0.25, b: 0.25 });
    expect(keyBudget(LIMITS, { ...NOTHING, commitments }, costs({ a: 0.25 }), MIDNIGHT)).toMatchObject({
      committedUsdPerHour: 0.5,
      leftUsdPerHour: 1.5,
      leftBy: 'usdPerHour',
      leftTodayUsd: null,
      day: null,
      uncounted: { usdPerHour: 0, unpriced: [] },
    });
  });

  it('is nothing beside an instance whose price is not known', () => {
    const counted = keyBudget(LIMITS, { ...NOTHING, commitments: costs({ a: null }) }, costs({ a: null }), MIDNIGHT);
    expect(counted).toMatchObject({ unpriced: 1, leftUsdPerHour: 0, uncounted: { unpriced: [] } });
    const uncounted = keyBudget(LIMITS, NOTHING, costs({ a: null }), MIDNIGHT);
    expect(uncounted).toMatchObject({ unpriced: 1, leftUsdPerHour: 0, uncounted: { unpriced: ['a'] } });
  });

  it('counts what the records show and the store does not, instance by instance', () => {
    const commitments = costs({ b: 1, c: 0.25 });
    const recorded = costs({ a: 0.5, c: 0.5 }, MIDNIGHT + 2 * HOUR);
    const limits = { ...LIMITS, usdPerDay: 32 };
    expect(keyBudget(limits, { ...NOTHING, commitments }, recorded, MIDNIGHT)).toMatchObject({
      committedUsdPerHour: 2,
      leftUsdPerHour: 0,
      // What the store counts has no end.
      leftTodayUsd: 32 - 1.25 * 24 - 0.75 * 2,
      uncounted: { usdPerHour: 0.75, todayUsd: 1.5 },
    });
  });

  it('is at the begin of a day what the lifetime of an instance allows, and not a part of the hours until midnight', () => {
    const limits = { usdPerHour: 10, usdPerDay: 24, hoursPerInstance: 8 };
    const soon = MIDNIGHT + HOUR / 60;
    const empty = keyBudget(limits, NOTHING, NONE, soon);
    expect(empty).toMatchObject({ leftUsdPerHour: 3, leftBy: 'usdPerDay', leftTodayUsd: 24 });
    expect(empty.day).toEqual({ leftUsd: 24, fromMs: soon, untilMs: MIDNIGHT + 24 * HOUR });
    // One that ends in two hours binds no more than it can cost.
    const beside = { ...NOTHING, commitments: costs({ a: 4 }, soon + 2 * HOUR) };
    expect(keyBudget(limits, beside, NONE, soon)).toMatchObject({ leftUsdPerHour: 2, leftTodayUsd: 16 });
    // One that is past its end runs for nobody knows how long.
    const late = { ...NOTHING, commitments: costs({ a: 1 }, soon - 1) };
    expect(keyBudget(limits, late, NONE, soon).leftTodayUsd).toBeCloseTo(1 / 60);
  });

  it('is less where the day would not hold it', () => {
    const spent = { ...NOTHING, todayUsd: 6 };
    // Four dollars are left, for eight hours.
    expect(keyBudget({ ...LIMITS, usdPerDay: 10 }, spent, NONE, MIDNIGHT + 10 * HOUR)).toMatchObject({
      leftUsdPerHour: 0.5,
      leftBy: 'usdPerDay',
    });
    // Two hours before midnight for two hours.
    expect(keyBudget({ ...LIMITS, usdPerDay: 10 }, spent, NONE, MIDNIGHT + 22 * HOUR)).toMatchObject({
      leftUsdPerHour: 2,
      leftBy: 'usdPerHour',
    });
  });

  const hour = fc.double({ min: 0, max: 23.9, noNaN: true });
  const usd = fc.double({ min: 0, max: 30, noNaN: true });
  const lifetime = fc.double({ min: 0.1, max: 48, noNaN: true });

  it('never lets the day cost more, whatever is begun within it, and when', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const step = fc.record({ at: hour, share, endsEarly: fc.boolean() });
    fc.assert(
      fc.property(lifetime, fc.array(step, { minLength: 1, maxLength: 12 }), (hoursPerInstance, steps) => {
        const limits = { usdPerHour: 50, usdPerDay: 40, hoursPerInstance };
        const made: {
          readonly fromMs: number;
          readonly endsMs: number;
          readonly stopsMs: number;
          readonly usdPerHour: number;
        }[] = [];
        const spentUntil = (ms: number): number =>
          made.reduce((sum, { fromMs, stopsMs, usdPerHour }) => {
            const hours = Math.max(0, Math.min(ms, stopsMs) - fromMs) / HOUR;
            return sum + usdPerHour * hours;
          }, 0);
        for (const { at, share: part, endsEarly } of steps.toSorted((a, b) => a.at - b.at)) {
          const nowMs = MIDNIGHT + at * HOUR;
          const running = made.filter(({ stopsMs }) => stopsMs > nowMs);
          const commitments = new Map(
            running.map((one, index) => [`${index}` as InstanceId, one satisfies OwnerCommitment]),
          );
          const { leftUsdPerHour } = keyBudget(
            limits,
            { ...NOTHING, commitments, todayUsd: spentUntil(nowMs) },
            NONE,
            nowMs,
          );
          const endsMs = nowMs + hoursPerInstance * HOUR;
          const stopsMs = endsEarly ? (nowMs + endsMs) / 2 : endsMs;
          made.push({ fromMs: nowMs, endsMs, stopsMs, usdPerHour: leftUsdPerHour * part });
        }
        expect(spentUntil(MIDNIGHT + 24 * HOUR)).toBeLessThanOrEqual(40 + 1e-6);
      }),
      { numRuns: 200 },
    );
  });

  it('is no more after anything was spent or begun, and no more for instances that may live longer', () => {
    const more = fc.double({ min: 0, max: 5, noNaN: true });
    fc.assert(
      fc.property(hour, lifetime, usd, usd, more, more, (at, hoursPerInstance, todayUsd, usdPerHour, spent, longer) => {
        const nowMs = MIDNIGHT + at * HOUR;
        const limits = { usdPerHour: 50, usdPerDay: 40, hoursPerInstance };
        const endsMs = nowMs + HOUR;
        const left = (today: number, rate: number, ends: number, hours: number): number => {
          const commitments = costs({ a: rate }, ends);
          const own = { ...limits, hoursPerInstance: hours };
          return keyBudget(own, { ...NOTHING, commitments, todayUsd: today }, NONE, nowMs).leftUsdPerHour;
        };
        const before = left(todayUsd, usdPerHour, endsMs, hoursPerInstance) + 1e-9;
        expect(left(todayUsd + spent, usdPerHour, endsMs, hoursPerInstance)).toBeLessThanOrEqual(before);
        expect(left(todayUsd, usdPerHour + spent, endsMs, hoursPerInstance)).toBeLessThanOrEqual(before);
        expect(left(todayUsd, usdPerHour, endsMs + longer * HOUR, hoursPerInstance)).toBeLessThanOrEqual(before);
        expect(left(todayUsd, usdPerHour, endsMs, hoursPerInstance + longer)).toBeLessThanOrEqual(before);
      }),
      { numRuns: 200 },
    );
  });

  it('counts as spent what is not accrued yet', () => {
    const nowMs = MIDNIGHT + 3 * HOUR;
    const accruedAt = timestampFromMs(nowMs - HOUR);
    const commitments = costs({ a: 2 }, nowMs + HOUR);
    const { todayUsd, leftTodayUsd } = keyBudget(
      { ...LIMITS, usdPerDay: 10 },
      { commitments, todayUsd: 1, accruedAt },
      NONE,
      nowMs,
    );
    expect([todayUsd, leftTodayUsd]).toEqual([3, 5]);
  });
});
