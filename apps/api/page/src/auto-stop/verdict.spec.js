import { expect, it } from 'vitest';
import { autoStopInForce, inTermsOfPage } from './verdict.js';

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

it.each([
  [
    'DELETE /api/v1/instances/ins_1/lease ends the lease; its idle time begins then.',
    '“Keep busy for…” ends the lease; its idle time begins then.',
  ],
  [
    'PUT /api/v1/instances/ins_1/lease with {"minutes": 60, "reason": "…"} declares it busy for that long.',
    '“Keep busy for…” declares it busy for that long.',
  ],
  ['PUT /api/v1/instances/ins_1/last-used says that it is in use.', 'A report of its client says that it is in use.'],
  [
    'PATCH /api/v1/instances/ins_1 (If-Match: *) with {"autoStop": {"thresholdMinutes": 120}} lets it stand unused for longer, with {"autoStop": {"enabled": false}} for ever.',
    '“Auto-stop settings…” lets it stand unused for longer, or for ever.',
  ],
  ['POST /api/v1/orphans/n-1/adopt makes it one of ours.', '“Adopt…” makes it one of ours.'],
  [
    'A sync that completes: POST /api/v1/instances/sync reads the fleet anew.',
    'A sync that completes: “Sync now” reads the fleet anew.',
  ],
  ['Its adoption.', 'Its adoption.'],
])('says %j to a person as %j', (suggestion, text) => {
  expect(inTermsOfPage(suggestion)).toBe(text);
});
