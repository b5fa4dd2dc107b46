import { describe, expect, it } from 'vitest';
import { anInstance } from '../fleet/instance.spec.fixture.js';
import { INSTANCE_STATUSES } from '../fleet/status.js';
import { estimateText, whyOf } from './why.js';
import { whyActions } from './why-card.js';

/**
 * @typedef {import('./why.js').Shown} Shown
 * @typedef {import('./why.js').Idle} Idle
 */

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
/** @param {number} minutes */
const at = (minutes) => new Date(NOW + minutes * 60_000).toISOString();

/** @param {Partial<Idle>} members @returns {Idle} */
const anIdle = (members) => ({
  instanceId: 'ins_1',
  status: 'ready',
  verdict: 'keep',
  rule: 'used-lately',
  reason: 'Not used for 3 min.',
  signs: [],
  whatWouldChangeIt: [],
  evaluatedAt: at(0),
  thresholdMinutes: 20,
  autoStop: { enabled: true, enabledFrom: 'fleet', thresholdMinutes: 20, thresholdFrom: 'fleet', warningMinutes: 5 },
  ...members,
});

/** @param {Partial<import('./why.js').Judged>} instance @param {Partial<Idle> | null} [idle] @param {Shown['entries']} [entries] */
const why = (instance, idle = {}, entries = []) =>
  whyOf({ instance: anInstance(instance), idle: idle === null ? null : anIdle(idle), entries }, NOW);

/** @param {ReturnType<typeof why>} shown */
const said = (shown) => (shown === null ? '' : `${shown.lead}: ${shown.text} ${shown.next}`.trim());

/** @param {Partial<NonNullable<import('../net/api-types.js').Instance['stopHold']>>} [members] */
const aHold = (members = {}) => ({
  by: /** @type {const} */ ('auto-stop'),
  since: at(-1),
  until: at(4),
  reason: 'Not used for 20 min.',
  waitsFor: [],
  ...members,
});

describe('why one is kept', () => {
  it('names who used it, when, and when it stops', () => {
    const signs = [{ kind: /** @type {const} */ ('use'), at: at(-3), by: 'user:ci:gateway' }];
    const text = said(why({}, { signs, idleSince: at(-3), stopAt: at(17) }));
    expect(text).toMatch(
      /^Kept: reported in use 3 min ago by gateway\. Stops (tomorrow )?at .*17.* unless it is used\.$/,
    );
  });

  it('says last when it ends whatever its use', () => {
    const lifetime = { maxMinutes: 480, endsAt: at(33) };
    const signs = [{ kind: /** @type {const} */ ('use'), at: at(-3), by: 'user:ci' }];
    const text = said(why({ lifetime }, { signs, stopAt: at(17) }));
    expect(text).toMatch(/unless it is used\. Ends (tomorrow )?at .*33.* whatever its use\.$/);
  });

  it('goes by the latest sign that is past, not by the end of a time that is to come', () => {
    const signs = /** @type {const} */ ([
      { kind: 'lease', at: at(5), by: 'user:ci', detail: 'x' },
      { kind: 'gpu', at: at(-2), by: 'novita' },
    ]);
    expect(said(why({}, { signs: [...signs] }))).toContain('its GPU was at work 2 min ago');
    expect(said(why({}, { signs: [{ kind: 'ready', at: at(-4), by: 'lifecycle' }] }))).toContain(
      'became ready 4 min ago',
    );
    expect(said(why({}, { signs: [] }))).toContain('not used for 3 min');
  });

  it('says who keeps it busy, with what and what comes after', () => {
    const lease = { until: at(60), by: 'user:ops', reason: 'training run 42' };
    const { autoStop } = anIdle({});
    const text = said(why({ autoStop: { lease } }, { rule: 'leased', autoStop: { ...autoStop, lease } }));
    expect(text).toMatch(
      /^Kept: busy until .*, says key ops: training run 42\. After that it may stand unused for 20 min\.$/,
    );
  });

  it('counts the minutes up to now', () => {
    const idle = { rule: /** @type {const} */ ('warning-due'), idleSince: at(-17), stopAt: at(3) };
    expect(said(why({}, idle))).toMatch(/^Stops soon: not used for 17 min\. Stops .* unless it is used\.$/);
    const over = { rule: /** @type {const} */ ('idle-too-long'), idleSince: at(-22) };
    expect(said(why({}, over))).toBe(
      'Stops at the next check: not used for 22 min, and it may stand unused for 20 min.',
    );
  });

  it('says it of one that is exempt', () => {
    expect(said(why({}, { rule: 'exempt', exemption: 'billed-monthly' }))).toBe(
      'Kept: it is paid by the month, so stopping it would save nothing.',
    );
  });

  it('says what is not known', () => {
    const reason = 'Not used for 40 min, since it was ready, but nothing is stopped at present: no sync has shown it.';
    expect(said(why({}, { rule: 'suspended', reason }))).toMatch(/^Kept: not used for 40 min.*nothing is stopped/);
    expect(why({}, null)).toBeNull();
    expect(why({}, { rule: 'exempt', exemption: 'not-ready' })).toBeNull();
  });
});

describe('why one was stopped', () => {
  const stop = { at: at(-600), kind: /** @type {const} */ ('wish'), by: 'auto-stop', from: 'running', to: 'stopped' };
  const stopped = /** @type {const} */ ({ status: 'stopped', desired: 'stopped', desiredBy: 'auto-stop' });

  it('names who stopped it, when and for what', () => {
    const entry = { ...stop, reason: 'Not used for 20 min, since its last use (user:ci:gateway).' };
    expect(said(why({ ...stopped, desiredAt: at(-600) }, null, [entry]))).toMatch(
      /^Stopped: by auto-stop .*: not used for 20 min, since its last use \(gateway\)\. Its disk is kept\.$/,
    );
  });

  it('leaves out a reason that says nothing more, and needs no audit log', () => {
    const entry = { ...stop, by: 'user:ops', reason: 'stop was asked for' };
    expect(why(stopped, null, [entry])?.text).toMatch(/^by key ops [^:]*\d:\d\d[^:]*\.$/);
    expect(why({ ...stopped, desiredAt: at(-1) }, null)?.text).toMatch(/^by auto-stop/);
  });

  it('says that a stop is not done before Novita agrees', () => {
    expect(why({ status: 'stopping', desired: 'stopped' })?.next).toContain('may still be billed');
    expect(why({ status: 'ready', desired: 'deleted' })?.lead).toBe('Being deleted');
  });

  it('says that a stop waits, only while it does', () => {
    const stopHold = aHold();
    expect(said(why({ stopHold }))).toMatch(/^Its stop waits: until its results are saved, .* at the latest\./);
    expect(why({ stopHold: aHold({ outcome: 'released' }) })?.lead).toBe('Kept');
  });
});

describe('why one is not there yet', () => {
  it('says how long a start usually takes', () => {
    const instance = anInstance({ desiredAt: at(-1), startupEstimateSeconds: 300 });
    expect(estimateText(instance, NOW)).toBe('Usually ready in 4 min: such a start mostly takes 5 min.');
    expect(estimateText(anInstance({ desiredAt: at(-9), startupEstimateSeconds: 300 }), NOW)).toMatch(
      /longer than usual/,
    );
    expect(estimateText(anInstance({}), NOW)).toBe('');
  });

  it('counts the ports that answer', () => {
    const probe = { port: 1, protocol: /** @type {const} */ ('http'), at: at(0), detail: '' };
    const probes = [
      { ...probe, ok: true },
      { ...probe, port: 2, ok: false },
    ];
    expect(why({ status: 'health_checking', probes })?.text).toContain('1 of 2 ports answer');
  });

  it('says what went wrong, and what to do', () => {
    const lastError = { code: 'x', message: 'No image.', at: at(-1), retryable: false, suggestion: '' };
    expect(why({ status: 'failed', lastError })?.text).toBe('no image.');
  });
});

it('has an answer for every status and says no name of the code in it', () => {
  for (const status of INSTANCE_STATUSES) {
    for (const desired of /** @type {const} */ (['running', 'stopped', 'deleted'])) {
      for (const origin of /** @type {const} */ (['managed', 'discovered'])) {
        const text = said(why({ status, desired, origin, desiredBy: 'user:ci:gateway' }));
        expect(text).toMatch(/^\S.*: \S/);
        expect(text).not.toMatch(/health_checking|user:|undefined|\/api\//);
      }
    }
  }
});

describe('what is offered beside it', () => {
  /** @param {Partial<import('./why.js').Judged>} members */
  const names = (members) => whyActions(anInstance(members), NOW).map(([name]) => name);

  it('keeps it busy, and ends that while it lasts', () => {
    const lease = { until: at(5), by: 'user:ci', reason: 'x' };
    expect(names({})).toEqual(['keepBusy']);
    expect(names({ autoStop: { lease } })).toEqual(['keepBusy', 'endLease']);
    expect(names({ autoStop: { lease: { ...lease, until: at(-5) } } })).toEqual(['keepBusy']);
  });

  it('adopts what was made elsewhere, and stops at once what waits', () => {
    expect(names({ origin: 'discovered' })).toEqual(['adopt', 'ignore']);
    expect(names({ stopHold: aHold({ until: at(3), reason: 'x' }) })).toEqual(['keepBusy', 'stop']);
    expect(names({ status: 'stopped', desired: 'stopped' })).toEqual([]);
  });
});
