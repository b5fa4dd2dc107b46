import { type IdleRules, INSTANCE_STATUSES, type InstanceRecord, isStartingUp, withHold } from '@app/instance-store';
import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anIdleInstance, MINUTE, minutes, NOW, RULES } from '../../test/fakes/an-idle-instance.js';
import { evaluate } from './evaluation.js';
import { type FleetDataAge, type IdleSignals, isTimeUp } from './idle-policy.js';

const instant = fc.integer({ min: -300 * MINUTE, max: 300 * MINUTE }).map((ms) => timestampFromMs(NOW + ms));
const past = fc.integer({ min: -300 * MINUTE, max: 0 }).map((ms) => timestampFromMs(NOW + ms));
const maybe = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined });

const record: fc.Arbitrary<InstanceRecord> = fc
  .record({
    status: fc.oneof({ weight: 3, arbitrary: fc.constant('ready' as const) }, fc.constantFrom(...INSTANCE_STATUSES)),
    origin: fc.constantFrom('managed' as const, 'managed' as const, 'adopted' as const, 'discovered' as const),
    desired: fc.constantFrom('running' as const, 'running' as const, 'stopped' as const, 'deleted' as const),
    billingMode: fc.constantFrom('onDemand' as const, 'spot' as const, 'monthly' as const),
    templateId: fc.constantFrom(null, null, 'slow', 'never'),
    enabled: maybe(fc.boolean()),
    thresholdMinutes: maybe(fc.double({ min: 0, max: 120, noNaN: true })),
    until: maybe(instant),
    ready: past,
    observedAt: fc.option(past),
    missingSince: fc.option(past),
  })
  .map(({ status, origin, desired, billingMode, templateId, enabled, thresholdMinutes, until, ready, ...seen }) =>
    anIdleInstance({
      status,
      origin,
      desired: { state: desired, at: minutes(-400), by: 'user:test' },
      spec: { billingMode, templateId },
      autoStop: {
        ...(enabled === undefined ? {} : { enabled }),
        ...(thresholdMinutes === undefined ? {} : { thresholdMinutes }),
        ...(until === undefined ? {} : { lease: { until, by: 'user:test', reason: 'busy' } }),
      },
      timestamps: { ready },
      ...seen,
    }),
  );

const signals: fc.Arbitrary<IdleSignals> = fc
  .record({
    lastUsedAt: fc.option(past),
    gpu: maybe(
      fc.oneof(
        fc.record({ kind: fc.constant('used' as const), at: past, percent: fc.constant(50) }),
        fc.constant({ kind: 'unused' as const }),
        fc.constant({ kind: 'unknown' as const, why: 'late' }),
      ),
    ),
    observation: maybe(
      fc.oneof(
        fc.constant({ kind: 'running' as const, at: minutes(0) }),
        fc.constant({ kind: 'not-running' as const, word: 'exited' }),
        fc.constant({ kind: 'unknown' as const, why: 'timeout' }),
      ),
    ),
  })
  .map(({ lastUsedAt, gpu, observation }) => ({
    lastUsedAt,
    lastUsedBy: lastUsedAt === null ? null : 'user:test',
    ...(gpu === undefined ? {} : { gpu }),
    ...(observation === undefined ? {} : { observation }),
  }));

const dataAge: fc.Arbitrary<FleetDataAge> = fc.record({
  asOf: fc.option(past),
  maxStalenessMs: fc.constant(90 * MINUTE),
  required: fc.boolean(),
});
const rules = fc.boolean().map((enabled) => ({ ...RULES, enabled }));
type Given = [InstanceRecord, IdleSignals, IdleRules, FleetDataAge];
const scene: fc.Arbitrary<Given> = fc.tuple(record, signals, rules, dataAge);

const agoMs = (at: Timestamp): number => NOW - msFromTimestamp(at);
const thresholdMsOf = ({ autoStop: { thresholdMinutes = 0 }, spec }: InstanceRecord): number => {
  if (thresholdMinutes > 0) return thresholdMinutes * MINUTE;
  return spec.templateId === 'slow' ? 60 * MINUTE : 20 * MINUTE;
};

/** Every rule by which an instance must not be stopped, said again without the code under test. */
function mustBeKept([instance, known, { enabled }, { asOf, required, maxStalenessMs }]: Given): string[] {
  const { autoStop, status, origin, spec, desired, observedAt, missingSince, timestamps } = instance;
  const threshold = thresholdMsOf(instance);
  const uses = [known.lastUsedAt, timestamps.ready, known.gpu?.kind === 'used' ? known.gpu.at : null];
  const seen = [observedAt, missingSince === null ? asOf : null].filter((at) => at !== null);
  return Object.entries({
    leased: autoStop.lease !== undefined && autoStop.lease.until > minutes(0),
    leasedLately: autoStop.lease !== undefined && agoMs(autoStop.lease.until) < threshold,
    starting: isStartingUp(status) || status !== 'ready',
    used: uses.some((at) => at !== null && at !== undefined && agoMs(at) < threshold),
    foreign: origin === 'discovered',
    monthly: spec.billingMode === 'monthly',
    notWished: desired.state !== 'running',
    off: !enabled || autoStop.enabled === false,
    templateOff:
      spec.templateId === 'never' && autoStop.enabled === undefined && (autoStop.thresholdMinutes ?? 0) === 0,
    notSynced: required && (asOf === null || agoMs(asOf) > maxStalenessMs),
    notSeen: known.observation === undefined && !seen.some((at) => agoMs(at) <= maxStalenessMs),
    notRunning: known.observation !== undefined && known.observation.kind !== 'running',
    gpuUnknown: known.gpu?.kind === 'unknown',
  }).flatMap(([name, holds]) => (holds ? [name] : []));
}

describe('the idle policy', () => {
  it('stops exactly those that no rule keeps', () => {
    fc.assert(
      fc.property(scene, (given) => {
        const kept = mustBeKept(given);
        expect([kept, evaluate(...given, NOW).verdict === 'stop']).toEqual([kept, kept.length === 0]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never stops sooner for a later use', () => {
    fc.assert(
      fc.property(scene, past, ([instance, known, ...rest], other) => {
        const earlier = evaluate(instance, known, ...rest, NOW);
        const lastUsedAt = known.lastUsedAt === null || other > known.lastUsedAt ? other : known.lastUsedAt;
        const later = evaluate(instance, { ...known, lastUsedAt }, ...rest, NOW);
        if (later.verdict === 'stop') expect(earlier.verdict).toBe('stop');
        if (earlier.stopAt !== null && later.stopAt !== null) expect(later.stopAt >= earlier.stopAt).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('stops from stopAt on and not before, when nothing happens and the data stays fresh', () => {
    fc.assert(
      fc.property(record, fc.option(past), rules, (instance, lastUsedAt, someRules) => {
        const known = { lastUsedAt, lastUsedBy: null };
        const at = (ms: number) => {
          const asOf = timestampFromMs(ms);
          const seen = { ...instance, missingSince: null };
          return evaluate(seen, known, someRules, { asOf, maxStalenessMs: 1, required: true }, ms);
        };
        const { stopAt, nextEvaluation } = at(NOW);
        if (stopAt === null) return;
        const stopMs = msFromTimestamp(stopAt);
        expect(at(Math.max(NOW, stopMs)).verdict).toBe('stop');
        if (stopMs - 1 >= NOW) expect(at(stopMs - 1).verdict).not.toBe('stop');
        if (nextEvaluation !== null && msFromTimestamp(nextEvaluation) - 1 >= NOW) {
          expect(at(msFromTimestamp(nextEvaluation) - 1).rule).toBe(at(NOW).rule);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('always says why, and what would change it unless it is leaving anyhow', () => {
    fc.assert(
      fc.property(scene, (given) => {
        const { reason, whatWouldChangeIt, exemption, signals: listed } = evaluate(...given, NOW);
        expect(reason).toMatch(/^[A-Z].*\.$/s);
        if (exemption !== 'not-ready') expect(whatWouldChangeIt.length).toBeGreaterThan(0);
        expect(listed.map(({ at }) => at)).toEqual(
          listed
            .map(({ at }) => at)
            .toSorted()
            .toReversed(),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('is the same with a hold, but that it waits while a stop of this idle period is held, and never after its end', () => {
    const holdOf = fc.record({
      sinceMs: fc.integer({ min: -60 * MINUTE, max: 0 }),
      lastsMs: fc.integer({ min: 1, max: 30 * MINUTE }),
    });
    fc.assert(
      fc.property(
        record,
        signals,
        rules,
        dataAge,
        holdOf,
        fc.boolean(),
        (held, seen, ruled, aged, { sinceMs, lastsMs }, isOther) => {
          const without = evaluate(held, seen, ruled, aged, NOW);
          const occasion = isOther || without.idleSince === null ? 'another' : without.idleSince;
          const stop = { by: 'auto-stop', occasion } as const;
          const pending = withHold(held, stop, 'idle', ['whe_a'], NOW + sinceMs, lastsMs);
          const { verdict, rule } = evaluate(pending, seen, ruled, aged, NOW);
          const isWaiting = isTimeUp(without) && occasion === without.idleSince && sinceMs + lastsMs > 0;
          expect([verdict, rule]).toEqual(isWaiting ? ['keep', 'held'] : [without.verdict, without.rule]);
        },
      ),
    );
  });
});
