import { expect, it } from 'vitest';
import { autoStopInForce, changesOf } from './verdict.js';

it('says what is in force and from where', () => {
  const base = { enabled: true, enabledFrom: 'fleet', thresholdMinutes: 20, thresholdFrom: 'fleet', warningMinutes: 5 };
  /** @param {Partial<import('../net/api-types.js').IdleEvaluation['autoStop']>} members */
  const text = (members) => autoStopInForce(/** @type {any} */ ({ ...base, ...members }));
  expect(text({})).toBe("Stopped after 20 min without use, by the fleet's default.");
  expect(text({ thresholdFrom: 'instance', thresholdMinutes: 45 })).toBe(
    "Stopped when unused, by the fleet's default; after 45 min, by its own setting.",
  );
  expect(text({ enabled: false, enabledFrom: 'template' })).toBe('Never stopped as idle, by its template.');
});

it.each(
  /** @type {const} */ ([
    [{ rule: 'leased', status: 'ready' }, /“Keep busy” prolongs/],
    [{ rule: 'used-lately', status: 'ready' }, /report of use/],
    [{ rule: 'suspended', status: 'ready' }, /“Sync now”/],
    [{ rule: 'exempt', exemption: 'made-elsewhere', status: 'ready' }, /“Adopt…”/],
    [{ rule: 'exempt', exemption: 'switched-off-for-this-one', status: 'ready' }, /“Auto-stop settings…”/],
    [{ rule: 'exempt', exemption: 'not-ready', status: 'stopped' }, /“Start”/],
    [{ rule: 'exempt', exemption: 'not-ready', status: 'health_checking' }, /begins then/],
  ]),
)('names to a person what the page has for %j', (idle, first) => {
  expect(changesOf(idle)[0]).toMatch(first);
});

it('names the end of a lifetime among what can be changed', () => {
  const lifetime = { maxMinutes: 60, endsAt: '2026-03-01T10:00:00.000Z' };
  expect(changesOf({ rule: 'leased', status: 'ready', lifetime }).at(-1)).toMatch(/end of its lifetime/);
});

it('offers nothing for one that is on its way out', () => {
  expect(changesOf({ rule: 'exempt', exemption: 'not-ready', status: 'deleting' })).toEqual([]);
});
