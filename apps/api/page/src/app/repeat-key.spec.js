import { expect, it } from 'vitest';
import { isOutcomeUnknown, newRepeatKey, RepeatKey } from './repeat-key.js';

it('is the same for the same content sent again', () => {
  const keys = new RepeatKey();
  const first = keys.for({ name: 'a' });
  expect(keys.for({ name: 'a' })).toBe(first);
  expect(keys.for({ name: 'b' })).not.toBe(first);
});

it('is another one after a refusal', () => {
  const keys = new RepeatKey();
  const first = keys.for({ name: 'a' });
  keys.forget();
  expect(keys.for({ name: 'a' })).not.toBe(first);
});

it('is never the same by chance, and what a header may carry', () => {
  const keys = new Set(Array.from({ length: 100 }, newRepeatKey));
  expect(keys.size).toBe(100);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
});

it('knows when the outcome is open', () => {
  expect([0, 502, 503, 400, 409, 422].map(isOutcomeUnknown)).toEqual([true, true, true, false, false, false]);
});
