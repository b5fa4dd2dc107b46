import { timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordWithDesiredState } from './desired-state.js';
import type { Actor, DesiredState, InstanceRecord } from './instance.js';
import {
  changedHold,
  type HeldStop,
  holdLimitMs,
  isHoldOver,
  LONGEST_HOLD_MS,
  nextOfHeldStop,
  openHold,
  releasedBy,
  withHold,
  withHoldOver,
  withoutHold,
} from './stop-hold.js';

const NOW = Date.UTC(2026, 5, 1);
const LIMIT = 120_000;
const IDLE: HeldStop = { by: 'auto-stop', occasion: 'p1' };
const at = (ms: number) => timestampFromMs(NOW + ms);

function held(endpointIds: readonly string[] = ['a', 'b'], stop = IDLE): InstanceRecord {
  return withHold(anInstance({ status: 'ready' }), stop, 'idle', endpointIds, NOW, LIMIT);
}

describe('a hold', () => {
  it('is asked for once, waits, and lets its stop go on at its end', () => {
    const record = anInstance();
    expect(nextOfHeldStop(record, IDLE, NOW)).toBe('ask');
    const waiting = held();
    expect(waiting.deadlines.holdUntil).toBe(at(LIMIT));
    expect(nextOfHeldStop(waiting, IDLE, NOW + LIMIT - 1)).toBe('wait');
    expect(nextOfHeldStop(waiting, IDLE, NOW + LIMIT)).toBe('go-on');
    const over = withHoldOver(waiting, at(LIMIT));
    expect(over.stopHold?.ended).toEqual({ at: at(LIMIT), outcome: 'timed-out', by: 'auto-stop' });
    expect(over.deadlines.holdUntil).toBeUndefined();
    // However long it takes until the stop is written: it is not held again.
    expect(nextOfHeldStop(over, IDLE, NOW + 1e9)).toBe('go-on');
    expect(nextOfHeldStop(over, { ...IDLE, occasion: 'p2' }, NOW + LIMIT)).toBe('ask');
  });

  it('of another stop is called off first', () => {
    expect(nextOfHeldStop(held(), { ...IDLE, occasion: 'p2' }, NOW)).toBe('call-off');
    expect(nextOfHeldStop(held(), { by: 'migration', occasion: 'p1' }, NOW)).toBe('call-off');
  });

  it('of a spend limit and one of another feature never call each other off', () => {
    const limit: HeldStop = { by: 'spend-limit', occasion: '2026-06-01' };
    expect(nextOfHeldStop(held(), limit, NOW)).toBe('wait');
    expect(nextOfHeldStop(held(['a'], limit), IDLE, NOW)).toBe('wait');
    expect(nextOfHeldStop(held(['a'], limit), { ...limit, occasion: '2026-06-02' }, NOW)).toBe('call-off');
    const over = withHoldOver(held(['a'], limit), at(LIMIT));
    expect(nextOfHeldStop(over, IDLE, NOW + LIMIT)).toBe('ask');
  });

  it('of the end of a lifetime gives way to none, and takes the place of every other one', () => {
    const end: HeldStop = { by: 'max-lifetime', occasion: 'e1' };
    const others: HeldStop[] = [IDLE, { by: 'spend-limit', occasion: 'd' }, { by: 'migration', occasion: 'r' }];
    for (const other of others) {
      expect(nextOfHeldStop(held(['a'], other), end, NOW)).toBe('call-off');
      expect(nextOfHeldStop(held(['a'], end), other, NOW + LIMIT)).toBe('wait');
    }
    expect(nextOfHeldStop(held(['a'], end), { ...end, occasion: 'e2' }, NOW)).toBe('call-off');
  });

  it('is over when the last endpoint has released it, and not before', () => {
    const once = releasedBy(held(), 'a', at(0), at(1_000));
    expect(openHold(once)?.waitsFor).toEqual([
      { endpointId: 'a', releasedAt: at(1_000) },
      { endpointId: 'b', releasedAt: null },
    ]);
    expect(nextOfHeldStop(once, IDLE, NOW + 2_000)).toBe('wait');
    expect(once.deadlines.holdUntil).toBe(at(LIMIT));
    expect(releasedBy(once, 'a', at(0), at(3_000))).toBe(once);
    const twice = releasedBy(once, 'b', at(0), at(4_000));
    expect(twice.deadlines).toEqual({ holdUntil: at(4_000) });
    expect(nextOfHeldStop(twice, IDLE, NOW + 4_000)).toBe('go-on');
    expect(withHoldOver(twice, at(4_001)).stopHold?.ended?.outcome).toBe('released');
  });

  it('of a migration wakes the instance when it is released', () => {
    const record = held(['a'], { by: 'migration', occasion: 'r' });
    expect(releasedBy(record, 'a', at(0), at(5)).deadlines).toEqual({ holdUntil: at(5), nextReconcileAt: at(5) });
  });

  it('is not released by an answer to another one, nor by an endpoint that it does not wait for', () => {
    const record = held();
    expect(releasedBy(record, 'a', at(-1), at(1))).toBe(record);
    expect(releasedBy(record, 'c', at(0), at(1))).toBe(record);
    const ended = withoutHold(record, 'called-off', 'user:a', at(1));
    expect(releasedBy(ended, 'a', at(0), at(2))).toBe(ended);
    expect(withoutHold(ended, 'timed-out', 'auto-stop', at(2))).toBe(ended);
  });

  it.each<[DesiredState, Actor, string]>([
    ['stopped', 'user:a', 'ended-by-person'],
    ['deleted', 'user:a', 'ended-by-person'],
    ['stopped', 'console', 'ended-by-person'],
    ['stopped', 'auto-stop', 'timed-out'],
    ['stopped', 'lifecycle', 'called-off'],
    ['running', 'user:a', 'called-off'],
  ])('ends with the desired state %s by %s as %s', (state, by, outcome) => {
    const next = recordWithDesiredState(held(), state, by, NOW + LIMIT);
    expect(next.stopHold?.ended).toEqual({ at: at(LIMIT), outcome, by });
    expect(next.deadlines.holdUntil).toBeUndefined();
  });

  it('lasts as long as the instance says, else the fleet, and never longer than half an hour', () => {
    expect(holdLimitMs({ autoStop: {} }, LIMIT)).toBe(LIMIT);
    expect(holdLimitMs({ autoStop: { holdMinutes: 0.5 } }, LIMIT)).toBe(30_000);
    expect(holdLimitMs({ autoStop: { holdMinutes: 1e9 } }, LIMIT)).toBe(LONGEST_HOLD_MS);
    for (const odd of [0, -1, Number.NaN]) expect(holdLimitMs({ autoStop: { holdMinutes: odd } }, LIMIT)).toBe(LIMIT);
  });
});

/** What may happen to a record while its stop is pending; the time goes on with each. */
type Act = {
  readonly kind: 'try' | 'release' | 'stale-release' | 'keep' | 'touch-record';
  readonly afterMs: number;
  readonly endpoint: string;
};

const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('try', 'release', 'stale-release', 'keep', 'touch-record'),
    afterMs: fc.integer({ min: 0, max: 60_000 }),
    endpoint: fc.constantFrom('a', 'b', 'c'),
  }),
  { maxLength: 40 },
);

describe('whatever happens', () => {
  it('one idle period is held once, for no longer than its limit, and its end always has a deadline', () => {
    fc.assert(
      fc.property(acts, (steps) => {
        let record = anInstance({ status: 'ready' });
        let now = NOW;
        let holds = 0;
        for (const { kind, afterMs, endpoint } of steps) {
          now += afterMs;
          const before = record;
          if (kind === 'release')
            record = releasedBy(record, endpoint, record.stopHold?.since ?? at(0), timestampFromMs(now));
          if (kind === 'stale-release') record = releasedBy(record, endpoint, at(-1), timestampFromMs(now));
          if (kind === 'touch-record') record = { ...record, webhookUrl: String(now) };
          const next = nextOfHeldStop(record, IDLE, now);
          if (kind === 'try' && next === 'ask') record = withHold(record, IDLE, 'idle', ['a', 'b'], now, LIMIT);
          // A check that must keep it for another reason, such as old data.
          if (kind === 'keep' && next === 'go-on') record = withHoldOver(record, timestampFromMs(now));
          if (changedHold(record, openHold(before) !== null)?.ended === null) holds += 1;
          const hold = openHold(record);
          expect(hold !== null).toBe(record.deadlines.holdUntil !== undefined);
          if (hold !== null) {
            expect(record.deadlines.holdUntil?.localeCompare(hold.until)).toBeLessThanOrEqual(0);
            expect(isHoldOver(hold, Date.parse(hold.since) + LIMIT)).toBe(true);
          }
          expect(nextOfHeldStop(record, IDLE, now)).not.toBe('call-off');
        }
        expect(holds).toBeLessThanOrEqual(1);
        if (holds === 1) expect(nextOfHeldStop(record, IDLE, now + LIMIT)).toBe('go-on');
      }),
    );
  });

  it('no desired state leaves a hold under way', () => {
    const states = fc.constantFrom<DesiredState>('running', 'stopped', 'deleted');
    const actors = fc.constantFrom<Actor>('user:a', 'auto-stop', 'migration', 'sync', 'lifecycle', 'console');
    fc.assert(
      fc.property(states, actors, fc.integer({ min: 0, max: 2 * LIMIT }), (state, by, afterMs) => {
        const next = recordWithDesiredState(held(), state, by, NOW + afterMs);
        expect(openHold(next)).toBeNull();
        expect(next.deadlines.holdUntil).toBeUndefined();
      }),
    );
  });
});
