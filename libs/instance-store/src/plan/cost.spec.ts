import { HOUR_MS, timestampFromMs } from '@app/platform';
import { anInstance, type InstanceOverrides } from '@app/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NovitaInstanceId } from '../record/identity.js';
import type { InstanceRecord } from '../record/instance.js';
import { costMicro, costOf, withCost } from './cost.js';

const CREATED = Date.UTC(2026, 0, 1);
const hours = (count: number): number => CREATED + count * HOUR_MS;

const billed = (overrides: InstanceOverrides = {}): InstanceRecord =>
  anInstance({ novitaInstanceId: 'n1' as NovitaInstanceId, status: 'ready', price: { usdPerHour: 2 }, ...overrides });
const usdAt = (record: InstanceRecord, count: number): number | null => {
  const cost = costOf(record);
  return cost === null ? null : costMicro(cost, hours(count)) / 1e6;
};

describe('what an instance has cost', () => {
  it('grows with time at its price, and stands still while it is stopped', () => {
    const running = withCost(billed(), hours(1));
    expect([usdAt(running, 1), usdAt(running, 3.5)]).toEqual([0, 5]);
    const stopped = withCost({ ...running, status: 'stopped' }, hours(3.5));
    expect([usdAt(stopped, 3.5), usdAt(stopped, 9)]).toEqual([5, 5]);
    const again = withCost({ ...stopped, status: 'starting', price: { usdPerHour: 4 } }, hours(9));
    expect(usdAt(again, 10)).toBe(9);
    expect(again.cost?.fromMs).toBe(CREATED);
  });

  it('goes on for what is paid by the month and stopped', () => {
    const monthly = withCost(billed({ status: 'stopped', spec: { billingMode: 'monthly' } }), hours(0));
    expect(usdAt(monthly, 24)).toBe(48);
  });

  it('is left alone by a write that changes nothing of it', () => {
    const running = withCost(billed(), hours(1));
    expect(withCost({ ...running, status: 'restarting' }, hours(2)).cost).toBe(running.cost);
    const never = billed({ status: 'creating', novitaInstanceId: null });
    expect(withCost(never, hours(2))).toBe(never);
  });

  it('is counted from its first observation for one that was made elsewhere', () => {
    expect(withCost(billed({ origin: 'discovered' }), hours(7)).cost).toMatchObject({ fromMs: hours(7) });
  });

  it('is at least that of the present run for a record of before it was kept', () => {
    const old = billed({ timestamps: { started: timestampFromMs(hours(2)) } });
    expect(usdAt(old, 5)).toBe(6);
    expect(costOf(billed({ origin: 'discovered', timestamps: { started: timestampFromMs(hours(2)) } }))).toBeNull();
    const dearer = withCost({ ...withCost(old, hours(4)), price: { usdPerHour: 3 } }, hours(4));
    expect(usdAt(dearer, 5)).toBe(7);
  });

  it('never shrinks, whatever the clocks of the processes say', () => {
    const step = fc.record({
      atMs: fc.integer({ min: 0, max: 100 * HOUR_MS }),
      usdPerHour: fc.constantFrom(null, 0, 1, 3),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        let record = withCost(billed(), CREATED);
        for (const { atMs, usdPerHour } of steps) {
          const next = withCost({ ...record, price: { usdPerHour } }, CREATED + atMs);
          expect(next.cost?.microUsd).toBeGreaterThanOrEqual(record.cost?.microUsd ?? 0);
          record = next;
        }
      }),
    );
  });
});
