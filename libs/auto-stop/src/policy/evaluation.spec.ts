import { INSTANCE_STATUSES } from '@app/instance-store';
import { describe, expect, it } from 'vitest';
import { anIdleInstance, FRESH, MINUTE, minutes, NOW, RULES, UNUSED } from '../../test/fakes/an-idle-instance.js';
import { evaluate, timeWords } from './evaluation.js';
import type { IdleSignals } from './idle-policy.js';

const used = (ago: number, by: string | null = 'user:gateway'): IdleSignals => ({
  lastUsedAt: minutes(-ago),
  lastUsedBy: by,
});
const lease = (until: number) => ({ lease: { until: minutes(until), by: 'user:trainer', reason: 'a long job' } });

describe('the time of an idle instance', () => {
  it.each([
    // minutes since the last use, verdict, rule, minutes until the stop, minutes until the next evaluation
    [0, 'keep', 'used-lately', 20, 15],
    [14.99, 'keep', 'used-lately', 5.01, 0.01],
    [15, 'warn', 'warning-due', 5, 5],
    [19.99, 'warn', 'warning-due', 0.01, 0.01],
    [20, 'stop', 'idle-too-long', 0, null],
    [300, 'stop', 'idle-too-long', -40, null],
  ])('used %d minutes ago: %s', (ago, verdict, rule, stopIn, nextIn) => {
    const ready = { ready: minutes(-60), started: minutes(-62) };
    const evaluation = evaluate(anIdleInstance({ timestamps: ready }), used(ago), RULES, FRESH, NOW);
    const stopAt = minutes(stopIn);
    expect(evaluation).toMatchObject({ verdict, rule, exemption: null, stopAt, evaluatedAt: minutes(0) });
    expect(evaluation.nextEvaluation).toBe(nextIn === null ? null : minutes(nextIn));
  });

  it('begins when it is ready, so that a use of the run before does not count', () => {
    const justReady = anIdleInstance({ timestamps: { ready: minutes(-1) } });
    const evaluation = evaluate(justReady, used(50), RULES, FRESH, NOW);
    expect(evaluation).toMatchObject({ rule: 'used-lately', idleSince: minutes(-1), stopAt: minutes(19) });
    expect(evaluation.reason).toContain(`since it was ready at ${minutes(-1)}`);
  });

  it('begins anew with a start at the console, whatever was desired last', () => {
    // Trap 25: judged by the last desired state alone it would count as stopped for ever, or as idle for a day.
    const desired = { state: 'running', at: minutes(-3), by: 'console' } as const;
    const started = anIdleInstance({ desired, timestamps: { created: minutes(-9_000), ready: minutes(-2) } });
    expect(evaluate(started, used(1_440), RULES, FRESH, NOW)).toMatchObject({
      verdict: 'keep',
      rule: 'used-lately',
      stopAt: minutes(18),
    });
    expect(evaluate(started, used(1_440), RULES, { ...FRESH, asOf: minutes(18) }, NOW + 18 * MINUTE).verdict).toBe(
      'stop',
    );
  });

  it('begins at the end of a lease', () => {
    const leased = anIdleInstance({ autoStop: lease(-5) });
    expect(evaluate(leased, used(50), RULES, FRESH, NOW)).toMatchObject({
      rule: 'used-lately',
      idleSince: minutes(-5),
      stopAt: minutes(15),
    });
  });

  it.each([
    ['its own time', { spec: { templateId: 'slow' }, autoStop: { thresholdMinutes: 30 } }, -10],
    ['its template', { spec: { templateId: 'slow' } }, 20],
    ['the default', { spec: { templateId: 'other' } }, -20],
    ['a fraction of a minute', { autoStop: { thresholdMinutes: 0.5 } }, -39.5],
    ['its own time, its template being off', { spec: { templateId: 'never' }, autoStop: { thresholdMinutes: 50 } }, 10],
    [
      'the default, switched on against its template',
      { spec: { templateId: 'never' }, autoStop: { enabled: true } },
      -20,
    ],
  ])('counts from %s', (_, overrides, stopIn) => {
    const evaluation = evaluate(anIdleInstance(overrides), used(40), RULES, FRESH, NOW);
    expect(evaluation.stopAt).toBe(minutes(stopIn));
  });

  it('may be longer than anybody lives', () => {
    const patient = anIdleInstance({ autoStop: { thresholdMinutes: 1e12 } });
    expect(evaluate(patient, UNUSED, RULES, FRESH, NOW)).toMatchObject({ verdict: 'keep', rule: 'used-lately' });
  });

  it('is never up when it lies beyond what a date can say', () => {
    const rules = { ...RULES, thresholdMs: 9e15, warningMs: 0 };
    const evaluation = evaluate(anIdleInstance(), UNUSED, rules, FRESH, NOW);
    expect(evaluation).toMatchObject({ verdict: 'keep', stopAt: null, nextEvaluation: null });
  });

  it('has no warning when the settings want none', () => {
    const rules = { ...RULES, warningMs: 0 };
    expect(evaluate(anIdleInstance(), used(19.9), rules, FRESH, NOW)).toMatchObject({
      rule: 'used-lately',
      nextEvaluation: minutes(0.1),
    });
    expect(evaluate(anIdleInstance(), used(20), rules, FRESH, NOW).verdict).toBe('stop');
  });
});

describe('nothing, 0, off and absent', () => {
  it.each([
    ['a threshold of 0 minutes is none, never "at once"', { thresholdMinutes: 0 }, 'keep'],
    ['a tiny threshold is what it says', { thresholdMinutes: 0.001 }, 'stop'],
    ['an absent threshold is the default', {}, 'keep'],
    ['enabled: false is never', { enabled: false, thresholdMinutes: 0 }, 'keep'],
    ['enabled: true is the default', { enabled: true }, 'keep'],
  ] as const)('%s', (_, autoStop, verdict) => {
    expect(evaluate(anIdleInstance({ autoStop }), used(1), RULES, FRESH, NOW).verdict).toBe(verdict);
  });

  it('never used is idle since it was ready, not since 1970', () => {
    const evaluation = evaluate(anIdleInstance({ timestamps: { ready: minutes(-7) } }), UNUSED, RULES, FRESH, NOW);
    expect(evaluation).toMatchObject({ verdict: 'keep', idleSince: minutes(-7) });
  });

  it('without a time of being ready it counts from its start', () => {
    const { ready: _, ...timestamps } = anIdleInstance().timestamps;
    const record = { ...anIdleInstance(), timestamps };
    expect(evaluate(record, UNUSED, RULES, FRESH, NOW).idleSince).toBe(minutes(-62));
  });

  it('switched off for all is never, whatever an instance says', () => {
    const own = anIdleInstance({ autoStop: { enabled: true, thresholdMinutes: 1 } });
    expect(evaluate(own, UNUSED, { ...RULES, enabled: false }, FRESH, NOW)).toMatchObject({
      verdict: 'keep',
      exemption: 'switched-off-for-all',
    });
  });
});

describe('an instance that is exempt', () => {
  it.each([
    ['switched-off-for-this-one', { autoStop: { enabled: false } }, /autoStop\.enabled/, /PATCH .*"enabled": true/],
    ['switched-off-for-its-template', { spec: { templateId: 'never' } }, /template never/, /PATCH/],
    ['made-elsewhere', { origin: 'discovered' }, /made elsewhere/, /POST \/api\/v1\/orphans\/\w+\/adopt/],
    ['billed-monthly', { spec: { billingMode: 'monthly' } }, /by the month/, /^Nothing/],
    ['not-ready', { status: 'starting' }, /It is starting/, /being ready/],
    ['not-ready', { status: 'stopped' }, /It is stopped/, /\/start/],
    ['not-wished-to-run', { desired: { state: 'stopped', at: minutes(-1), by: 'user:x' } }, /by user:x/, /\/start/],
  ] as const)('is kept: %s', (exemption, overrides, reason, change) => {
    const evaluation = evaluate(anIdleInstance(overrides), UNUSED, RULES, FRESH, NOW);
    expect(evaluation).toMatchObject({
      verdict: 'keep',
      rule: 'exempt',
      exemption,
      stopAt: null,
      nextEvaluation: null,
    });
    expect(evaluation.reason).toMatch(reason);
    expect(evaluation.whatWouldChangeIt.join('\n')).toMatch(change);
  });

  it.each(INSTANCE_STATUSES.filter((status) => status !== 'ready'))('is kept while it is %s', (status) => {
    const evaluation = evaluate(anIdleInstance({ status }), UNUSED, RULES, FRESH, NOW);
    expect(evaluation).toMatchObject({ verdict: 'keep', exemption: 'not-ready' });
  });
});

describe('an instance whose time is up', () => {
  const old = { ...FRESH, asOf: minutes(-91) };

  it('is kept while it is leased', () => {
    const evaluation = evaluate(anIdleInstance({ autoStop: lease(30) }), UNUSED, RULES, FRESH, NOW);
    expect(evaluation).toMatchObject({
      verdict: 'keep',
      rule: 'leased',
      idleSince: null,
      nextEvaluation: minutes(30),
      stopAt: minutes(50),
    });
    expect(evaluation.reason).toContain(`until ${minutes(30)} by user:trainer (a long job)`);
    expect(evaluation.whatWouldChangeIt[0]).toMatch(/^DELETE .*\/lease/);
  });

  it.each([
    ['there was no sync yet', { ...FRESH, asOf: null }, /no sync has shown/],
    ['the latest sync is too old', old, /began 1 h 31 min ago, and nothing is stopped on one older than 1 h 30 min/],
  ])('is kept when %s', (_, dataAge, reason) => {
    const evaluation = evaluate(anIdleInstance(), UNUSED, RULES, dataAge, NOW);
    expect(evaluation).toMatchObject({ verdict: 'keep', rule: 'suspended', stopAt: null });
    expect(evaluation.reason).toMatch(reason);
    expect(evaluation.whatWouldChangeIt[0]).toContain('/api/v1/instances/sync');
  });

  it('is stopped on data of exactly the age that is allowed', () => {
    expect(evaluate(anIdleInstance(), UNUSED, RULES, { ...FRESH, asOf: minutes(-90) }, NOW).verdict).toBe('stop');
  });

  it('is kept when the latest listing lacked it and it was not seen since', () => {
    const missing = anIdleInstance({ missingSince: minutes(-1), observedAt: minutes(-91) });
    expect(evaluate(missing, UNUSED, RULES, FRESH, NOW)).toMatchObject({ verdict: 'keep', rule: 'picture-too-old' });
  });

  describe('while no sync is made by itself', () => {
    const byHand = { ...old, required: false };
    const unseen = anIdleInstance({ observedAt: minutes(-91) });

    it('is stopped when it was seen lately', () => {
      expect(evaluate(anIdleInstance(), UNUSED, RULES, byHand, NOW).verdict).toBe('stop');
    });

    it('is kept when it was not, until Novita says that it runs', () => {
      expect(evaluate(unseen, UNUSED, RULES, byHand, NOW).rule).toBe('picture-too-old');
      const observation = { kind: 'running', at: minutes(0) } as const;
      expect(evaluate(unseen, { ...UNUSED, observation }, RULES, byHand, NOW).verdict).toBe('stop');
    });

    it.each([
      [{ kind: 'not-running', word: 'exited' } as const, /does not say that it runs \(exited\)/],
      [{ kind: 'unknown', why: 'timeout' } as const, /could not be asked whether it runs \(timeout\)/],
    ])('is kept when Novita says %o', (observation, reason) => {
      const evaluation = evaluate(anIdleInstance(), { ...UNUSED, observation }, RULES, byHand, NOW);
      expect(evaluation).toMatchObject({ verdict: 'keep', rule: 'picture-too-old' });
      expect(evaluation.reason).toMatch(reason);
    });
  });

  it('is kept when the utilisation of its GPU is not known', () => {
    const gpu = { kind: 'unknown', why: 'no figures' } as const;
    const evaluation = evaluate(anIdleInstance(), { ...UNUSED, gpu }, RULES, FRESH, NOW);
    expect(evaluation).toMatchObject({ verdict: 'keep', rule: 'utilisation-unknown' });
    expect(evaluation.reason).toContain('which counts as use (no figures)');
  });

  it('is kept when its GPU was busy, from that time on', () => {
    const gpu = { kind: 'used', at: minutes(-3), percent: 42.4 } as const;
    const evaluation = evaluate(anIdleInstance(), { ...used(40), gpu }, RULES, FRESH, NOW);
    expect(evaluation).toMatchObject({
      verdict: 'keep',
      rule: 'used-lately',
      idleSince: minutes(-3),
      stopAt: minutes(17),
    });
    expect(evaluation.signals[0]).toEqual({ kind: 'gpu', at: minutes(-3), by: 'novita', detail: '42 % utilisation' });
  });

  it('is stopped when its GPU was idle too', () => {
    expect(evaluate(anIdleInstance(), { ...UNUSED, gpu: { kind: 'unused' } }, RULES, FRESH, NOW).verdict).toBe('stop');
  });
});

describe('an evaluation explains itself', () => {
  it('lists all signals, the latest first, and names the one that decides', () => {
    const record = anIdleInstance({ autoStop: lease(-30) });
    const evaluation = evaluate(record, used(25), RULES, FRESH, NOW);
    expect(evaluation.signals).toEqual([
      { kind: 'use', at: minutes(-25), by: 'user:gateway', detail: null },
      { kind: 'lease', at: minutes(-30), by: 'user:trainer', detail: 'a long job' },
      { kind: 'ready', at: minutes(-60), by: 'user:test', detail: null },
    ]);
    expect(evaluation.reason).toBe(
      `Not used for 25 min, since its last use at ${minutes(-25)} (user:gateway), which is as long as the 20 min that it may stand unused by the default or longer.`,
    );
  });

  it('distinguishes a use by the GPU from one that somebody reported', () => {
    expect(evaluate(anIdleInstance(), used(2, 'novita:gpu'), RULES, FRESH, NOW).signals[0]).toMatchObject({
      kind: 'gpu',
      by: 'novita',
    });
    expect(evaluate(anIdleInstance(), used(2, null), RULES, FRESH, NOW).signals[0]).toMatchObject({
      by: 'unknown source',
    });
  });

  it('names the ways to keep it before it is stopped', () => {
    const record = anIdleInstance();
    const ways = evaluate(record, used(16), RULES, FRESH, NOW).whatWouldChangeIt.join('\n');
    expect(ways).toContain(`PUT /api/v1/instances/${record.id}/last-used`);
    expect(ways).toContain(`PUT /api/v1/instances/${record.id}/lease`);
    expect(ways).toContain(`PATCH /api/v1/instances/${record.id}`);
  });
});

it.each([
  [0, '0 s'],
  [-5, '0 s'],
  [999, '0 s'],
  [1_500, '1 s'],
  [60_000, '1 min'],
  [61_000, '1 min 1 s'],
  [3_600_000, '1 h'],
  [3_601_000, '1 h'],
  [3_900_000, '1 h 5 min'],
  [90_061_000, '1 d 1 h'],
])('says %d ms as %s', (ms, words) => {
  expect(timeWords(ms)).toBe(words);
});
