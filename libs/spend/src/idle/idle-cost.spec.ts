import { type InstanceRecord, idleReason, memoryStore, type StoredInstance } from '@app/instance-store';
import { FakeClock, type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { anIdleInstance, minutes, NOW, RULES } from '../../test/fakes/spend-world.js';
import { RunningCosts, readIdleCost } from './idle-cost.js';

const OFF = { ...RULES, enabled: false };

const unused = (overrides: InstanceOverrides = {}): StoredInstance => ({
  record: anIdleInstance(overrides),
  lastUsedAt: null,
});
const readyFor = (count: number, overrides: InstanceOverrides = {}): StoredInstance =>
  unused({ ...overrides, timestamps: { ready: minutes(-count) } });
const usedBefore = (count: number, stored: StoredInstance): StoredInstance => ({
  ...stored,
  lastUsedAt: minutes(-count),
});

const MONTHLY: InstanceOverrides = { spec: { billingMode: 'monthly' } };
const ELSEWHERE: InstanceOverrides = { origin: 'discovered' };
const SWITCHED_OFF: InstanceOverrides = { autoStop: { enabled: false } };

describe('what idles', () => {
  it.each([
    ['past its warning', readyFor(15), 'due'],
    ['past its threshold', readyFor(60), 'due'],
    ['unused for a while', readyFor(14.9), 'notYetDue'],
    ['ready just now', readyFor(4.9), null],
    ['used just now', usedBefore(4.9, readyFor(60)), null],
    ['used a while ago', usedBefore(5, readyFor(60)), 'notYetDue'],
    ['switched off by itself', readyFor(60, SWITCHED_OFF), 'autoStopOff'],
    ['switched off by itself, and used', usedBefore(1, readyFor(60, SWITCHED_OFF)), null],
    ['switched off by its template', readyFor(60, { spec: { templateId: 'never' } }), 'autoStopOff'],
    ['monthly', readyFor(60, MONTHLY), 'monthly'],
    ['monthly and used', usedBefore(1, readyFor(60, MONTHLY)), null],
    ['made elsewhere a moment ago', readyFor(0, ELSEWHERE), 'useNotKnown'],
    ['made elsewhere, not probed', readyFor(60, { ...ELSEWHERE, status: 'running' }), 'useNotKnown'],
    ['made elsewhere, its use reported', usedBefore(1, readyFor(60, ELSEWHERE)), null],
    ['made elsewhere and stopped', unused({ ...ELSEWHERE, status: 'stopped' }), null],
    ['starting', unused({ status: 'running' }), null],
    ['being stopped', unused({ desired: { state: 'stopped', at: minutes(0), by: 'user:a' } }), null],
  ])('one that is %s', (_, stored, reason) => {
    expect(idleReason(stored, RULES, NOW)).toBe(reason);
  });

  it('is switched off for all', () => {
    expect(idleReason(readyFor(60), OFF, NOW)).toBe('autoStopOff');
  });

  it.each([{}, MONTHLY, SWITCHED_OFF, ELSEWHERE])('is nothing that is leased: %o', (overrides) => {
    const lease = (until: number): InstanceOverrides => ({
      ...overrides,
      autoStop: { ...overrides.autoStop, lease: { until: minutes(until), by: 'user:a', reason: 'r' } },
    });
    expect(idleReason(readyFor(60, lease(1)), RULES, NOW)).toBeNull();
    expect(idleReason(readyFor(60, lease(-30)), RULES, NOW)).not.toBeNull();
  });
});

describe('the cost of what idles', () => {
  const measured = async (records: readonly InstanceRecord[]) => {
    const clock = new FakeClock(NOW);
    const store = memoryStore(clock, { rules: RULES });
    for (const { revision: _, ...record } of records) await store.records.insert(record);
    return new RunningCosts(store.records, clock, RULES).measure(AbortSignal.timeout(60_000));
  };

  it('is listed by reason, and the reasons add up to the whole', async () => {
    const price = (usdPerHour: number | null): InstanceOverrides => ({ price: { usdPerHour } });
    const { running, idle } = await measured([
      anIdleInstance(price(0.1)),
      anIdleInstance(price(0.2)),
      anIdleInstance(price(null)),
      anIdleInstance({ ...price(4), timestamps: { ready: minutes(-10) } }),
      anIdleInstance({ ...price(8), timestamps: { ready: minutes(-1) } }),
      anIdleInstance({ ...price(16), ...SWITCHED_OFF }),
      anIdleInstance({ ...price(32), ...MONTHLY }),
      anIdleInstance({ ...price(64), ...MONTHLY, status: 'stopped' }),
      anIdleInstance({ ...price(80), ...ELSEWHERE, marker: '' }),
    ]);
    expect(idle).toEqual({
      asOf: minutes(0),
      usdPerHour: 132.3,
      instances: 7,
      unpriced: 1,
      byReason: {
        due: { usdPerHour: 0.3, instances: 3 },
        notYetDue: { usdPerHour: 4, instances: 1 },
        autoStopOff: { usdPerHour: 16, instances: 1 },
        monthly: { usdPerHour: 32, instances: 1 },
        useNotKnown: { usdPerHour: 80, instances: 1 },
      },
    });
    // The stopped one is billed by the month, and does not run.
    expect(running).toBe(8);
    expect(readIdleCost(JSON.stringify(idle))).toEqual(idle);
  });

  it('goes through more than one page', async () => {
    const many = Array.from({ length: 450 }, () => anIdleInstance({ price: { usdPerHour: 1 } }));
    expect(await measured(many)).toMatchObject({ running: 450, idle: { instances: 450, usdPerHour: 450 } });
  });
});
