import { describe, expect, it } from 'vitest';
import { Stage } from '../stage.js';
import { FAST } from '../timing.js';
import { BillLedger, HOUR_MS } from './bill-ledger.js';
import { SandboxClock } from './sandbox-clock.js';
import { placeInstance } from './seed-fleet.js';

const START = Date.UTC(2026, 2, 1, 22, 30);

/** A world at a time that the test moves on. */
function begin() {
  let now = START;
  const settings = {
    instances: 0,
    seed: 1,
    speed: 1,
    timing: FAST,
    migrationEndsIn: 'running',
    operations: new Set<string>(),
  };
  const stage = new Stage({ ...settings, migrationEndsIn: 'running' }, () => now);
  const wait = (ms: number): void => {
    now += ms;
    stage.world.settle();
  };
  return { stage, wait, now: () => now };
}

function totalOf(ledger: BillLedger, fromMs: number, untilMs: number): number {
  return [...ledger.charges(fromMs, untilMs)].reduce((sum, [, , { microUsd }]) => sum + microUsd, 0) / 1e6;
}

describe('the ledger of the bill', () => {
  const spec = { kind: 'gpu', productId: '4090.16c62g.us', gpuNum: 2, billingMode: 'onDemand' } as const;

  it('charges from the pull until it is off, by hour, however it is asked', () => {
    const { stage, wait, now } = begin();
    const record = placeInstance(stage.world, 'a');
    record.spec = { ...record.spec, ...spec };
    stage.setStatus(record.id, 'creating');
    wait(HOUR_MS);
    stage.setStatus(record.id, 'running');
    wait(2 * HOUR_MS);
    const { bills } = stage.world;
    expect(totalOf(bills, 0, now())).toBeCloseTo(2 * 0.7, 6);
    stage.setStatus(record.id, 'exited');
    wait(5 * HOUR_MS);
    expect(totalOf(bills, 0, now())).toBeCloseTo(2 * 0.7, 6);
    expect([...bills.charges(0, now())].map(([hour, , { cardSeconds }]) => [hour % 24, cardSeconds])).toEqual([
      [23, 3_600],
      [0, 7_200],
      [1, 3_600],
    ]);
    stage.setStatus(record.id, 'running');
    wait(HOUR_MS);
    stage.vanish(record.id);
    wait(HOUR_MS);
    expect(totalOf(bills, 0, now())).toBeCloseTo(3 * 0.7, 6);
  });

  it('charges nothing by use that is paid by the month', () => {
    const { stage, wait, now } = begin();
    const record = placeInstance(stage.world, 'a');
    record.spec = { ...record.spec, ...spec, billingMode: 'monthly' };
    stage.setStatus(record.id, 'running');
    wait(HOUR_MS);
    expect(totalOf(stage.world.bills, 0, now())).toBe(0);
  });

  it('keeps what is 70 days old at most', () => {
    const ledger = new BillLedger();
    const clock = new SandboxClock(() => START);
    const { stage } = begin();
    const made = placeInstance(stage.world, 'a');
    const record = { id: made.id, spec: { ...made.spec, ...spec }, status: 'running' as const };
    ledger.note(record, clock.realNow());
    ledger.note({ ...record, status: 'exited' }, clock.realNow() + 200 * 24 * HOUR_MS);
    expect([...ledger.charges(0, Number.MAX_SAFE_INTEGER)].length).toBeLessThanOrEqual(70 * 24 + 1);
  });
});
