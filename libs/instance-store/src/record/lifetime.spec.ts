import { DAY_MS, MINUTE_MS, msFromTimestamp, timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordWithDesiredState } from './desired-state.js';
import type { InstanceRecord } from './instance.js';
import { acceptsStop, INSTANCE_STATUSES } from './instance-status.js';
import {
  endOfLifetime,
  isLifetimeOver,
  LONGEST_LIFETIME_MS,
  lifetimeDueMs,
  lifetimeEndsAt,
  nextOfLifetime,
} from './lifetime.js';
import { type HeldStop, openHold, releasedBy, withHold, withHoldOver } from './stop-hold.js';

const NOW = Date.UTC(2026, 5, 1);
const at = (minutes: number) => timestampFromMs(NOW + minutes * MINUTE_MS);
const HOLD_MS = 2 * MINUTE_MS;

const lived = (maxLifetimeMinutes: number | null, members: Partial<InstanceRecord> = {}): InstanceRecord =>
  anInstance({ status: 'ready', timestamps: { created: at(-60) }, maxLifetimeMinutes, ...members });

const any = fc
  .record({
    status: fc.constantFrom(...INSTANCE_STATUSES),
    origin: fc.constantFrom('managed', 'adopted', 'discovered'),
    state: fc.constantFrom('running', 'stopped', 'deleted'),
    minutes: fc.option(fc.integer({ min: 1, max: 120 })),
    leaseMinutes: fc.option(fc.integer({ min: 1, max: 600 })),
    isAutoStopped: fc.boolean(),
  } as const)
  .map(({ status, origin, state, minutes, leaseMinutes, isAutoStopped }) =>
    lived(minutes, {
      status,
      origin,
      desired: { state, at: at(-30), by: 'user:a' },
      autoStop: {
        enabled: isAutoStopped,
        ...(leaseMinutes !== null && { lease: { until: at(leaseMinutes), by: 'a', reason: 'r' } }),
      },
    }),
  );

describe('the end of a lifetime', () => {
  it('counts from the creation, and no start, use or lease moves it', () => {
    fc.assert(
      fc.property(any, fc.integer({ min: -100, max: 100 }), (record, minutes) => {
        const endsAt = lifetimeEndsAt(record);
        const { maxLifetimeMinutes } = record;
        expect(endsAt).toBe(maxLifetimeMinutes === null ? null : at(maxLifetimeMinutes - 60));
        const restarted = recordWithDesiredState(record, 'running', 'user:a', NOW + minutes * MINUTE_MS);
        expect(lifetimeEndsAt(restarted)).toBe(endsAt);
      }),
    );
  });

  it.each([0, -1, Number.NaN, null])('is none for %s minutes: never "at once"', (minutes) => {
    expect(lifetimeEndsAt(lived(minutes))).toBeNull();
    expect(isLifetimeOver(lived(minutes), NOW)).toBe(false);
  });

  it('is a time that a date can say, however long it is', () => {
    const endsAt = lifetimeEndsAt(lived(1e300));
    expect(endsAt).toBe(timestampFromMs(NOW - 60 * MINUTE_MS + LONGEST_LIFETIME_MS));
    expect(lifetimeEndsAt(lived(0.5))).toBe(at(-59.5));
  });

  it('stops what is ours, is to run and can be stopped, from the end on and never before', () => {
    let stops = 0;
    fc.assert(
      fc.property(any, fc.integer({ min: -90, max: 90 }), (record, minutes) => {
        const now = NOW + minutes * MINUTE_MS;
        const next = nextOfLifetime(record, now);
        const canStop = record.desired.state === 'running' && acceptsStop(record.status);
        const isDue = isLifetimeOver(record, now) && record.origin !== 'discovered' && canStop;
        expect(next).toBe(isDue ? 'ask' : 'nothing');
        // What the index calls due is what a pass acts upon.
        const dueMs = lifetimeDueMs(record);
        expect(dueMs !== null && dueMs <= now).toBe(isDue);
        if (isDue) stops += 1;
      }),
      { numRuns: 500 },
    );
    expect(stops).toBeGreaterThan(5);
  });
});

describe('a hold of the end of a lifetime', () => {
  const over = lived(30);
  const stop = endOfLifetime(at(-30));
  const heldBy = (held: HeldStop): InstanceRecord => withHold(over, held, 'r', ['a'], NOW, HOLD_MS);

  it('delays the stop by its own time, once', () => {
    const held = heldBy(stop);
    expect(nextOfLifetime(held, NOW + HOLD_MS - 1)).toBe('nothing');
    expect(lifetimeDueMs(held)).toBe(NOW + HOLD_MS);
    expect(nextOfLifetime(held, NOW + HOLD_MS)).toBe('stop');
    expect(nextOfLifetime(withHoldOver(held, at(2)), NOW + 9 * HOLD_MS)).toBe('stop');
    expect(lifetimeDueMs(releasedBy(held, 'a', at(0), at(1)))).toBe(NOW + MINUTE_MS);
  });

  it('takes the place of every other one, at once', () => {
    for (const by of ['auto-stop', 'migration', 'spend-limit'] as const) {
      const held = heldBy({ by, occasion: 'x' });
      expect(nextOfLifetime(held, NOW)).toBe('call-off');
      expect(lifetimeDueMs(held)).toBe(NOW - 30 * MINUTE_MS);
    }
  });

  it('ends when the lifetime is prolonged or removed, or the instance is on the move', () => {
    const held = heldBy(stop);
    expect(nextOfLifetime({ ...held, maxLifetimeMinutes: 90 }, NOW)).toBe('call-off');
    expect(nextOfLifetime({ ...held, maxLifetimeMinutes: null }, NOW)).toBe('call-off');
    expect(nextOfLifetime({ ...held, status: 'migrating' }, NOW)).toBe('call-off');
    // A new end that is over as well is another one, of which the endpoints learn.
    expect(nextOfLifetime({ ...held, maxLifetimeMinutes: 31 }, NOW)).toBe('call-off');
  });

  it('ends with the stop', () => {
    const stopping = recordWithDesiredState(heldBy(stop), 'stopped', 'max-lifetime', NOW + HOLD_MS);
    expect(openHold(stopping)).toBeNull();
    expect(stopping.stopHold?.ended).toMatchObject({ outcome: 'timed-out', by: 'max-lifetime' });
    expect(lifetimeDueMs(stopping)).toBeNull();
  });
});

it('takes lifetimes of ten years', () => {
  expect(LONGEST_LIFETIME_MS / DAY_MS).toBe(3_650);
  const endsAt = lifetimeEndsAt(lived(LONGEST_LIFETIME_MS / MINUTE_MS));
  expect(endsAt === null ? null : msFromTimestamp(endsAt)).toBe(NOW - 60 * MINUTE_MS + LONGEST_LIFETIME_MS);
});
