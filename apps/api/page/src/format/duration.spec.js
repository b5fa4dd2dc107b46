import { expect, it } from 'vitest';
import { durationWords, timeOfDay } from './duration.js';

it.each([
  [-1, '0 ms'],
  [79.4, '79 ms'],
  [999, '999 ms'],
  [1_000, '1.0 s'],
  [5_234, '5.2 s'],
  [59_949, '59.9 s'],
  [60_000, '1 min'],
  [3_720_000, '1 h 2 min'],
])('%d ms are told as %s', (ms, words) => {
  expect(durationWords(ms)).toBe(words);
});

it('tells the day only of what is far', () => {
  const now = Date.parse('2026-03-05T12:00:00.000Z');
  expect(timeOfDay(now - 3_600_000, now)).not.toMatch(/2026/);
  expect(timeOfDay(now - 48 * 3_600_000, now)).toMatch(/2026/);
});
