import { timestampFromMs } from '@app/platform';
import { anInstance, type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { NO_ATTEMPTS } from '../record/desired-state.js';
import type { NovitaInstanceId } from '../record/identity.js';
import { INSTANCE_STATUSES } from '../record/instance-status.js';
import { meterOf } from './meter.js';

const AT = timestampFromMs(Date.UTC(2026, 0, 1));
const stoppedBy = (by: 'auto-stop' | 'user:a') => ({ state: 'stopped', at: AT, by }) as const;

function meter(overrides: InstanceOverrides) {
  const novitaInstanceId = 'n1' as NovitaInstanceId;
  return meterOf(anInstance({ novitaInstanceId, price: { usdPerHour: 0.35 }, ...overrides })).meter;
}

describe('meterOf', () => {
  it('bills in every status in which GPU time may be charged', () => {
    const billing = INSTANCE_STATUSES.filter((status) => meter({ status }) === 'billing');
    expect(INSTANCE_STATUSES.filter((status) => !billing.includes(status))).toEqual(['stopped', 'terminated']);
  });

  it('bills what was made elsewhere: it is on the same bill', () => {
    expect(meter({ status: 'ready', origin: 'discovered' })).toBe('billing');
  });

  it('bills nothing for what was never made, unless a create is on its way', () => {
    expect(meter({ status: 'creating', novitaInstanceId: null })).toBe('');
    expect(meter({ status: 'failed', novitaInstanceId: null })).toBe('');
    const openCreate = { startedAt: AT, productId: 'p' };
    const attempts = { ...NO_ATTEMPTS, openCreate };
    expect(meter({ status: 'creating', novitaInstanceId: null, attempts })).toBe('billing');
    expect(meter({ status: 'failed', novitaInstanceId: null, attempts })).toBe('billing');
  });

  it('bills a failed one until the provider agrees that it stands still', () => {
    const desired = stoppedBy('user:a');
    expect(meter({ status: 'failed', desired, confirmedAt: null })).toBe('billing');
    expect(meter({ status: 'failed', desired, confirmedAt: AT })).toBe('');
  });

  it('counts what auto-stop has stopped as saved, and what anybody else has not', () => {
    expect(meter({ status: 'stopped', desired: stoppedBy('auto-stop') })).toBe('saving');
    expect(meter({ status: 'stopped', desired: stoppedBy('user:a') })).toBe('');
    expect(meter({ status: 'stopped', desired: { state: 'running', at: AT, by: 'auto-stop' } })).toBe('');
    expect(meter({ status: 'stopping', desired: stoppedBy('auto-stop') })).toBe('billing');
    expect(meter({ status: 'terminated', desired: stoppedBy('auto-stop') })).toBe('');
  });

  it('bills a monthly one as long as it exists, and saves nothing by its stop', () => {
    const spec = { billingMode: 'monthly' } as const;
    expect(meter({ status: 'ready', spec })).toBe('billing');
    expect(meter({ status: 'stopped', spec, desired: stoppedBy('auto-stop') })).toBe('billing');
    expect(meter({ status: 'terminated', spec })).toBe('');
  });

  it.each([null, Number.NaN, Number.POSITIVE_INFINITY, -1])('does not guess a price from %s', (usdPerHour) => {
    const price = { usdPerHour };
    expect(meter({ status: 'ready', price })).toBe('unpriced');
    expect(meter({ status: 'stopped', price, desired: stoppedBy('auto-stop') })).toBe('');
  });

  it('counts in whole micro-USD', () => {
    const rate = (usdPerHour: number): number =>
      meterOf(anInstance({ status: 'ready', novitaInstanceId: 'n1' as NovitaInstanceId, price: { usdPerHour } })).rate;
    expect(rate(0)).toBe(0);
    expect(rate(0.1 + 0.2)).toBe(300_000);
    expect(rate(1e300)).toBe(1e12);
    expect(meterOf(anInstance({ status: 'stopped', price: { usdPerHour: 1 } })).rate).toBe(0);
  });
});
