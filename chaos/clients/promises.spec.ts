import { instanceIdFromUlid } from '@app/instance-store';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Promised } from './promises.js';

const at = (ms: number): void => void vi.setSystemTime(ms);
const ID = instanceIdFromUlid('01JQ7ZC8M4T5V6W7X8Y9ZABCDE');
const aPromised = (): Promised =>
  new Promised(1, ID, 'chaos-1', { state: 'running', at: '2026-01-01T00:00:00.000Z' }, null, true);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('what was promised by a time', () => {
  it('has the uses that were acknowledged before it, and no later ones', () => {
    const known = aPromised();
    known.uses.push({ atMs: 100, acknowledgedMs: 150, journalOf: null });
    known.uses.push({ atMs: 200, acknowledgedMs: 250, journalOf: 'api-1' });
    expect(known.asOf(150).uses).toHaveLength(0);
    expect(known.asOf(151).uses).toHaveLength(1);
    expect(known.asOf(251).uses).toHaveLength(2);
  });

  it('has no lease from when another was asked for until that is acknowledged', () => {
    const known = aPromised();
    at(100);
    known.leaseIs({ untilMs: 9_000, acknowledgedMs: 100, journalOf: null });
    at(200);
    known.leaseIs(null);
    at(300);
    known.leaseIs({ untilMs: 5_000, acknowledgedMs: 300, journalOf: null });
    expect([100, 150, 250, 350].map((ms) => known.asOf(ms).lease?.untilMs)).toEqual([
      undefined,
      9_000,
      undefined,
      5_000,
    ]);
  });

  it('has no threshold while nobody knows whether the change of it was taken', () => {
    const known = aPromised();
    at(100);
    known.thresholdIs(undefined);
    at(200);
    known.thresholdIs(0.2);
    expect([50, 150, 250].map((ms) => known.asOf(ms).threshold)).toEqual([null, undefined, 0.2]);
  });
});
