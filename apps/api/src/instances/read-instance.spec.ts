import type { NovitaInstanceId } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import { anInstance, type InstanceOverrides } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { dataAsOf, lastConfirmedAt, listAsOf, minFreshSeconds } from './read-instance.js';

const at = (time: string): Timestamp => `2026-01-01T${time}:00.000Z` as Timestamp;

const LISTED = at('11:00');

const seen = (change: InstanceOverrides = {}) =>
  anInstance({
    novitaInstanceId: 'a' as NovitaInstanceId,
    status: 'ready',
    observedAt: at('10:00'),
    timestamps: { created: at('09:00') },
    ...change,
  });

describe('how fresh data is', () => {
  it.each([
    ['a live one is as of the listing', {}, LISTED],
    ['unless it was seen after that', { observedAt: at('11:30') }, at('11:30')],
    ['also when it was never seen otherwise', { observedAt: null }, LISTED],
    ['a stopped one can be listed, too', { status: 'stopped' }, LISTED],
    ['not one that the listing lacks', { missingSince: LISTED }, at('10:00')],
    ['not one that Novita does not know yet', { novitaInstanceId: null }, at('10:00')],
    ['not one that was made later', { timestamps: { created: at('11:01') } }, at('10:00')],
    ['not one that was made at that moment', { timestamps: { created: LISTED } }, at('10:00')],
    ['not one that is gone', { status: 'terminated' }, at('10:00')],
  ] as const)('%s', (_what, change, expected) => {
    expect(dataAsOf(seen(change), LISTED)).toBe(expected);
    expect(lastConfirmedAt(seen(change), LISTED)).toBe(expected);
  });

  it('is as of the desired state before any observation', () => {
    const record = anInstance({ timestamps: { created: at('09:00') } });
    expect(dataAsOf(record, LISTED)).toBe(at('09:00'));
    expect(lastConfirmedAt(record, LISTED)).toBeNull();
  });

  it('is as of its own observation before the first listing', () => {
    expect(dataAsOf(seen(), null)).toBe(at('10:00'));
  });

  it('of a list is that of the oldest which is not gone', () => {
    const now = at('12:00');
    expect(listAsOf([], LISTED, now)).toBe(now);
    expect(listAsOf([seen({ status: 'terminated' })], LISTED, now)).toBe(now);
    expect(listAsOf([seen(), seen({ observedAt: at('11:30') })], LISTED, now)).toBe(LISTED);
    expect(listAsOf([seen(), seen({ missingSince: LISTED })], LISTED, now)).toBe(at('10:00'));
  });
});

describe('minFreshSeconds', () => {
  it.each([
    ['min-fresh=10', 10],
    ['Min-Fresh = "0"', 0],
    ['respond-async, min-fresh=5; x=y, wait=3', 5],
    [['wait=1', 'min-fresh=7'], 7],
    ['min-fresh', null],
    ['min-fresh=-1', null],
    ['min-fresh=1.5', null],
    ['min-fresh=soon', null],
    ['x-min-fresh=5', null],
    ['', null],
    [undefined, null],
  ])('reads %j as %s', (header, seconds) => {
    expect(minFreshSeconds(header)).toBe(seconds);
  });
});
