import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterStep,
  beginWatch,
  type FetchPace,
  type FetchWatch,
  isConsuming,
  observeFetch,
  RECOVERY_STEPS,
  type RecoveryStep,
  stepFor,
} from './fetch-watch.js';

const PACE: FetchPace = { drainDelayMs: 10_000, observedEveryMs: 5_000 };

interface Moment {
  readonly afterMs?: number;
  /** How long ago the loop came back, of the time since the moment before; left out when it did not. */
  readonly returnedBeforeMs?: number;
  readonly isFull?: boolean;
  readonly hasDueJob?: boolean;
}

/** Every step that is taken in the course of these moments, with the time at which it is. */
function stepsIn(moments: readonly Moment[]): readonly (readonly [RecoveryStep, number])[] {
  let watch: FetchWatch = beginWatch(0);
  let returnedAtMs = 0;
  const steps: [RecoveryStep, number][] = [];
  for (const { afterMs = 5_000, returnedBeforeMs, isFull = false, hasDueJob = true } of moments) {
    const nowMs = watch.watchedAtMs + afterMs;
    if (returnedBeforeMs !== undefined) returnedAtMs = nowMs - returnedBeforeMs;
    watch = observeFetch(watch, { nowMs, returnedAtMs, isFull }, PACE);
    const step = stepFor(watch, PACE);
    if (step === null || !hasDueJob) continue;
    steps.push([step, nowMs]);
    watch = afterStep(watch, step);
  }
  return steps;
}

const times = (count: number, moment: Moment = {}): readonly Moment[] => Array.from({ length: count }, () => moment);

describe('the watch on a fetch loop', () => {
  it('takes each step once, three waits, one and three after another, and none after the last', () => {
    expect(stepsIn(times(60))).toEqual([
      ['wake', 30_000],
      ['rebuild', 40_000],
      ['end', 70_000],
    ]);
  });

  it.each<[string, readonly Moment[]]>([
    ['comes back now and then', times(20, {}).flatMap((moment) => [moment, moment, { returnedBeforeMs: 100 }])],
    ['has no place left', times(60, { isFull: true })],
    ['has nothing due', times(60, { hasDueJob: false })],
    ['was observed once in a long time, as Redis was away or the process was stopped', times(60, { afterMs: 600_000 })],
  ])('takes none while the loop %s', (_, moments) => {
    expect(stepsIn(moments)).toEqual([]);
  });

  it('begins with the first step again once the loop has come back for a while', () => {
    const moments = [...times(8), ...times(12, { returnedBeforeMs: 10 }), ...times(6)];
    expect(stepsIn(moments).map(([step]) => step)).toEqual(['wake', 'rebuild', 'wake']);
  });

  it('goes on with the next step when the loop came back once and no more, as a new worker does that gets stuck', () => {
    expect(stepsIn([...times(8), { returnedBeforeMs: 10 }, ...times(6)])).toEqual([
      ['wake', 30_000],
      ['rebuild', 40_000],
      ['end', 75_000],
    ]);
  });

  it('does not go on to the second step when the first one brought the loop back', () => {
    expect(stepsIn([...times(6), { returnedBeforeMs: 10 }, ...times(6)])).toEqual([
      ['wake', 30_000],
      ['rebuild', 65_000],
    ]);
  });

  it('goes on with the next step after Redis was away in between', () => {
    const moments = [...times(6), { afterMs: 60_000 }, ...times(6)];
    expect(stepsIn(moments)).toEqual([
      ['wake', 30_000],
      ['rebuild', 120_000],
    ]);
  });

  it('does not count the places that were taken as silence', () => {
    expect(stepsIn([...times(5), ...times(50, { isFull: true }), ...times(5)])).toEqual([]);
  });

  it('says whether jobs are taken', () => {
    const silent = { ...beginWatch(0), silentMs: 29_999 };
    expect(isConsuming(silent, PACE)).toBe(true);
    expect(isConsuming({ ...silent, silentMs: 30_000 }, PACE)).toBe(false);
    expect(isConsuming(afterStep({ ...silent, silentMs: 30_000 }, 'wake'), PACE)).toBe(false);
  });

  it('never takes a step without observed silence of its own before it, nor one out of turn', () => {
    const moment = fc.record(
      {
        afterMs: fc.oneof(fc.integer({ min: 4_900, max: 5_200 }), fc.integer({ min: 1, max: 100_000 })),
        returnedBeforeMs: fc.constant(0),
        isFull: fc.boolean(),
        hasDueJob: fc.boolean(),
      },
      { requiredKeys: ['afterMs'] },
    );
    fc.assert(
      fc.property(fc.array(moment, { maxLength: 80 }), (moments) => {
        const steps = stepsIn(moments);
        let quietMs = 0;
        let nowMs = 0;
        let turn = 0;
        for (const { afterMs = 0, returnedBeforeMs, isFull = false } of moments) {
          nowMs += afterMs;
          const isQuiet = returnedBeforeMs === undefined && !isFull && afterMs <= 7_500;
          quietMs = isQuiet ? quietMs + afterMs : 0;
          const step = steps.find(([, at]) => at === nowMs)?.[0];
          if (step === undefined) continue;
          const turnOfStep = RECOVERY_STEPS.indexOf(step);
          expect(turnOfStep === 0 || turnOfStep === turn).toBe(true);
          expect(quietMs).toBeGreaterThanOrEqual(step === 'rebuild' ? 10_000 : 30_000);
          turn = turnOfStep + 1;
        }
      }),
    );
  });
});
