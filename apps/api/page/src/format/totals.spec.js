import { expect, it } from 'vitest';
import { totalWords } from './totals.js';

it('tells dollars per hour and day, and what is not among them', () => {
  expect(totalWords({ usd: 0.37, unpriced: 0 })).toBe('$0.37/h, which is $8.88 a day');
  expect(totalWords({ usd: 0.37, unpriced: 1 })).toBe('$0.37/h, which is $8.88 a day (1 instance has no known price)');
  expect(totalWords({ usd: 0, unpriced: 2 })).toBe('2 instances have no known price');
});
