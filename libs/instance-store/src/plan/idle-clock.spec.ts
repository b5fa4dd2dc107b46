import { loadSection, timestampFromMs } from '@app/platform';
import { anInstance, type InstanceOverrides } from '@app/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INSTANCE_STATUSES } from '../record/instance-status.js';
import { IdleSettings } from './idle.settings.js';
import { DEFAULT_IDLE_RULES, type IdleRules, idleCounting, idleRulesOf, idleSinceMs, stopAtMs } from './idle-clock.js';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 0, 1, 12);
/** @param minutes after the instance became ready */
const at = (minutes: number) => timestampFromMs(T0 + minutes * MINUTE);
const RULES: IdleRules = {
  ...DEFAULT_IDLE_RULES,
  byTemplate: new Map<string, number | 'off'>([
    ['batch', 'off'],
    ['notebook', 60 * MINUTE],
  ]),
};

function counting({ rules = RULES, ...overrides }: InstanceOverrides & { readonly rules?: IdleRules } = {}) {
  return idleCounting(
    anInstance({ status: 'ready', timestamps: { created: at(-9), started: at(-5), ready: at(0) }, ...overrides }),
    rules,
  );
}

const thresholdOf = (overrides: Parameters<typeof counting>[0]) => {
  const counted = counting(overrides);
  return counted.counts ? [counted.clock.thresholdMs / MINUTE, counted.clock.thresholdFrom] : counted.why;
};

describe('whether idleness counts', () => {
  it('does for one that is ready, is desired to run and is ours', () => {
    expect(counting()).toEqual({
      counts: true,
      clock: {
        baseMs: T0,
        baseSignal: 'ready',
        thresholdMs: 20 * MINUTE,
        thresholdFrom: 'fleet',
        warningMs: 5 * MINUTE,
      },
    });
    expect(counting({ origin: 'adopted', spec: { billingMode: 'spot' } }).counts).toBe(true);
  });

  it.each<[string, Parameters<typeof counting>[0], string]>([
    ['made elsewhere', { origin: 'discovered' }, 'made-elsewhere'],
    ['billed monthly', { spec: { billingMode: 'monthly' } }, 'billed-monthly'],
    [
      'billed monthly, whatever it says itself',
      { spec: { billingMode: 'monthly' }, autoStop: { enabled: true, thresholdMinutes: 1 } },
      'billed-monthly',
    ],
    ['desired to stop', { desired: { state: 'stopped', at: at(1), by: 'user:a' } }, 'not-wished-to-run'],
    ['desired gone', { desired: { state: 'deleted', at: at(1), by: 'user:a' } }, 'not-wished-to-run'],
    ['switched off', { autoStop: { enabled: false } }, 'switched-off-for-this-one'],
    ['switched off with a time', { autoStop: { enabled: false, thresholdMinutes: 1 } }, 'switched-off-for-this-one'],
    ['of a template that is off', { spec: { templateId: 'batch' } }, 'switched-off-for-its-template'],
    ['under no rules at all', { rules: { ...RULES, enabled: false } }, 'switched-off-for-all'],
    [
      'switched on under no rules at all',
      { rules: { ...RULES, enabled: false }, autoStop: { enabled: true } },
      'switched-off-for-all',
    ],
  ])('does not for one that is %s', (_, overrides, why) => {
    expect(counting(overrides)).toEqual({ counts: false, why });
  });

  it.each(INSTANCE_STATUSES.filter((status) => status !== 'ready'))('does not for one that is %s', (status) => {
    expect(counting({ status })).toEqual({ counts: false, why: 'not-ready' });
    expect(counting({ status, autoStop: { enabled: true, thresholdMinutes: 0.001 } }).counts).toBe(false);
  });
});

describe('the threshold', () => {
  it.each<[string, Parameters<typeof counting>[0], unknown]>([
    ["the fleet's", {}, [20, 'fleet']],
    ["the template's", { spec: { templateId: 'notebook' } }, [60, 'template']],
    ["the fleet's for another template", { spec: { templateId: 'other' } }, [20, 'fleet']],
    ["the instance's own", { autoStop: { thresholdMinutes: 7 } }, [7, 'instance']],
    [
      "the instance's before the template's",
      { spec: { templateId: 'notebook' }, autoStop: { thresholdMinutes: 7 } },
      [7, 'instance'],
    ],
    [
      "the instance's before the template's off",
      { spec: { templateId: 'batch' }, autoStop: { thresholdMinutes: 7 } },
      [7, 'instance'],
    ],
    [
      "the fleet's when the instance is on and its template off",
      { spec: { templateId: 'batch' }, autoStop: { enabled: true } },
      [20, 'fleet'],
    ],
    ['a fraction of a minute', { autoStop: { thresholdMinutes: 0.5 } }, [0.5, 'instance']],
  ])('is %s', (_, overrides, expected) => {
    expect(thresholdOf(overrides)).toEqual(expected);
  });

  it('is whole milliseconds, never less than one and never more than a century', () => {
    const ms = (thresholdMinutes: number) => {
      const counted = counting({ autoStop: { thresholdMinutes } });
      return counted.counts ? counted.clock.thresholdMs : null;
    };
    expect(ms(1e-9)).toBe(1);
    expect(ms(1 / 3)).toBe(20_000);
    expect(ms(0.123_456)).toBe(7_408);
    expect(ms(1e300)).toBe(100 * 365 * 24 * 60 * MINUTE);
  });

  // No caller can write these; a document that has them all the same must never read "at once".
  it.each([null, 0, -5, Number.NaN, 'off', '5 min'])('is not taken from %s in a document', (odd) => {
    expect(thresholdOf({ autoStop: { thresholdMinutes: odd } as never })).toEqual([20, 'fleet']);
    expect(thresholdOf({ autoStop: { thresholdMinutes: odd } as never, spec: { templateId: 'batch' } })).toBe(
      'switched-off-for-its-template',
    );
  });

  it.each([null, 0, 'off', undefined])('of one whose "enabled" is %s is as the fleet says', (odd) => {
    expect(thresholdOf({ autoStop: { enabled: odd } as never })).toEqual([20, 'fleet']);
    expect(thresholdOf({ autoStop: { enabled: odd } as never, rules: { ...RULES, enabled: false } })).toBe(
      'switched-off-for-all',
    );
  });

  it('is never shorter than its warning', () => {
    const counted = counting({ autoStop: { thresholdMinutes: 2 } });
    expect(counted.counts && counted.clock.warningMs).toBe(2 * MINUTE);
  });
});

describe('the beginning', () => {
  const baseOf = (overrides: InstanceOverrides) => {
    const counted = counting(overrides);
    return counted.counts ? [(counted.clock.baseMs - T0) / MINUTE, counted.clock.baseSignal] : counted.why;
  };
  const leaseUntil = (minutes: number) => ({ lease: { until: at(minutes), by: 'user:a', reason: 'training' } });

  it('is when it became ready in this run, not when it was made or ran before', () => {
    expect(baseOf({})).toEqual([0, 'ready']);
    const secondRun = { created: at(-600), started: at(30), ready: at(31), stopped: undefined };
    expect(baseOf({ timestamps: secondRun as never })).toEqual([31, 'ready']);
    const startedAtConsole = { state: 'running', at: at(28), by: 'console' } as const;
    expect(baseOf({ timestamps: secondRun as never, desired: startedAtConsole })).toEqual([31, 'ready']);
  });

  it('is the start, or the making, of one of which it is not known when it became ready', () => {
    expect(baseOf({ timestamps: { created: at(-9), started: at(-5), ready: undefined } as never })).toEqual([
      -5,
      'ready',
    ]);
    expect(baseOf({ timestamps: { created: at(-9), started: undefined, ready: undefined } as never })).toEqual([
      -9,
      'ready',
    ]);
  });

  it('is the end of a lease that is later than that', () => {
    expect(baseOf({ autoStop: leaseUntil(90) })).toEqual([90, 'lease']);
    expect(baseOf({ autoStop: leaseUntil(-1) })).toEqual([0, 'ready']);
    expect(baseOf({ autoStop: { lease: null } as never })).toEqual([0, 'ready']);
  });

  it('gives way to a later use only', () => {
    const counted = counting({ autoStop: leaseUntil(10) });
    if (!counted.counts) throw new Error(counted.why);
    expect(idleSinceMs(counted.clock, null)).toBe(T0 + 10 * MINUTE);
    expect(idleSinceMs(counted.clock, at(9))).toBe(T0 + 10 * MINUTE);
    expect(idleSinceMs(counted.clock, at(11))).toBe(T0 + 11 * MINUTE);
    expect(stopAtMs(counted.clock, at(11))).toBe(T0 + 31 * MINUTE);
  });
});

it('takes its rules from the settings', () => {
  const settings = loadSection(IdleSettings, {
    AUTO_STOP_ENABLED: 'false',
    AUTO_STOP_THRESHOLD: '40m',
    AUTO_STOP_WARNING: '2m',
    AUTO_STOP_TEMPLATE_THRESHOLDS: 'batch=off,notebook=1h',
  });
  expect(idleRulesOf(settings)).toEqual({
    enabled: false,
    thresholdMs: 40 * MINUTE,
    warningMs: 2 * MINUTE,
    byTemplate: RULES.byTemplate,
  });
  expect(idleRulesOf(loadSection(IdleSettings))).toEqual(DEFAULT_IDLE_RULES);
});

describe('for every record', () => {
  const minutes = fc.integer({ min: -1_000, max: 1_000 });
  const record = fc
    .record({
      status: fc.constantFrom(...INSTANCE_STATUSES),
      origin: fc.constantFrom('managed', 'adopted', 'discovered'),
      state: fc.constantFrom('running', 'stopped', 'deleted'),
      billingMode: fc.constantFrom('onDemand', 'monthly', 'spot'),
      templateId: fc.constantFrom(null, 'batch', 'notebook', 'other'),
      ready: fc.option(minutes, { nil: undefined }),
      enabled: fc.constantFrom(undefined, true, false),
      thresholdMinutes: fc.constantFrom(undefined, null, 0, 0.01, 5, 1e9),
      lease: fc.option(minutes, { nil: undefined }),
    })
    .map(({ status, origin, state, billingMode, templateId, ready, enabled, thresholdMinutes, lease }) =>
      anInstance({
        status,
        origin,
        desired: { state, at: at(0), by: 'user:a' },
        spec: { billingMode, templateId },
        timestamps: { created: at(-2_000), ...(ready === undefined ? {} : { ready: at(ready) }) },
        autoStop: {
          ...(enabled === undefined ? {} : { enabled }),
          ...(thresholdMinutes === undefined ? {} : { thresholdMinutes: thresholdMinutes as number }),
          ...(lease === undefined ? {} : { lease: { until: at(lease), by: 'user:a', reason: '' } }),
        },
      }),
    );
  const use = fc.option(minutes.map(at), { nil: null });

  it('a stop lies at least a millisecond after every sign of use, and a warning not after the stop', () => {
    fc.assert(
      fc.property(record, use, (made, lastUsedAt) => {
        const counted = idleCounting(made, RULES);
        if (!counted.counts) return;
        const { clock } = counted;
        const stop = stopAtMs(clock, lastUsedAt);
        const signs = [made.timestamps.ready, made.autoStop.lease?.until, lastUsedAt ?? undefined];
        for (const sign of signs) if (sign !== undefined) expect(stop).toBeGreaterThan(Date.parse(sign));
        expect(clock.warningMs).toBeGreaterThanOrEqual(0);
        expect(clock.warningMs).toBeLessThanOrEqual(clock.thresholdMs);
        for (const ms of [clock.baseMs, clock.thresholdMs, clock.warningMs])
          expect(Number.isSafeInteger(ms)).toBe(true);
      }),
    );
  });

  it('only what is ready, ours and desired to run counts, and a later use never makes the stop earlier', () => {
    fc.assert(
      fc.property(record, use, use, (made, first, second) => {
        const counted = idleCounting(made, RULES);
        const may = made.status === 'ready' && made.origin !== 'discovered' && made.desired.state === 'running';
        if (!may) expect(counted.counts).toBe(false);
        if (!counted.counts) return;
        const [early, late] = [first ?? at(-1_000), second ?? at(-1_000)].toSorted();
        expect(stopAtMs(counted.clock, late ?? null)).toBeGreaterThanOrEqual(stopAtMs(counted.clock, early ?? null));
      }),
    );
  });
});
