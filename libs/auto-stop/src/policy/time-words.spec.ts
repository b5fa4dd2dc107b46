import { expect, it } from 'vitest';
import { timeWords } from './time-words.js';

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
