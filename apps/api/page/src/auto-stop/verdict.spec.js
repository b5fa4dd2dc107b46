import { expect, it } from 'vitest';
import { actorName } from '../ui/format.js';
import { autoStopInForce } from './verdict.js';

it('names who did something', () => {
  expect(actorName('user:ci')).toBe('Key ci');
  expect(actorName('user:ci:inference-gateway')).toBe('Key ci:inference-gateway');
  expect(actorName('user')).toBe('Somebody with a key');
  expect(actorName('auto-stop')).toBe('Auto-stop');
  expect(actorName('novita:get')).toBe('Novita (get)');
  expect(actorName('console')).toBe("Novita's console");
});

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
