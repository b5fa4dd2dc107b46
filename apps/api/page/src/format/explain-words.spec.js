import { expect, it } from 'vitest';
import { actorWords, inForceWords } from './explain-words.js';

it('names who did something', () => {
  expect(actorWords('user:ci')).toBe('Key ci');
  expect(actorWords('user:ci:inference-gateway')).toBe('Key ci:inference-gateway');
  expect(actorWords('user')).toBe('Somebody with a key');
  expect(actorWords('auto-stop')).toBe('Auto-stop');
  expect(actorWords('novita:get')).toBe('Novita (get)');
  expect(actorWords('console')).toBe("Novita's console");
});

it('says what is in force and from where', () => {
  const base = { enabled: true, enabledFrom: 'fleet', thresholdMinutes: 20, thresholdFrom: 'fleet', warningMinutes: 5 };
  /** @param {Partial<import('../http/action-types.js').Idle['autoStop']>} members */
  const words = (members) => inForceWords(/** @type {any} */ ({ ...base, ...members }));
  expect(words({})).toBe("Stopped after 20 min without use, by the fleet's default.");
  expect(words({ thresholdFrom: 'instance', thresholdMinutes: 45 })).toBe(
    "Stopped when unused, by the fleet's default; after 45 min, by its own setting.",
  );
  expect(words({ enabled: false, enabledFrom: 'template' })).toBe('Never stopped as idle, by its template.');
});
