import { expect, it } from 'vitest';
import { stillCostingWords, totalWords } from './totals.js';

it('tells dollars per hour and day, and what is not among them', () => {
  expect(totalWords({ usd: 0.37, unpriced: 0 })).toBe('$0.37/h, which is $8.88 a day');
  expect(totalWords({ usd: 0.37, unpriced: 1 })).toBe('$0.37/h, which is $8.88 a day (1 instance has no known price)');
  expect(totalWords({ usd: 0, unpriced: 2 })).toBe('2 instances have no known price');
});

it('tells what goes on costing, and why', () => {
  const none = { usdPerHour: 0, instances: 0 };
  const byReason = { madeElsewhere: none, monthly: none, notStopped: none };
  expect(stillCostingWords({ ...none, unpriced: 0, byReason })).toBe('Nothing goes on costing then.');
  const elsewhere = { usdPerHour: 2, instances: 2 };
  const monthly = { usdPerHour: 0.5, instances: 1 };
  const some = {
    usdPerHour: 2.5,
    instances: 3,
    unpriced: 1,
    byReason: { ...byReason, madeElsewhere: elsewhere, monthly },
  };
  expect(stillCostingWords(some)).toBe(
    'What goes on costing: $2.50/h, which is $60.00 a day (1 instance has no known price). That is 2 instances made elsewhere and left alone ($2.00/h), 1 instance paid by the month, running or not ($0.50/h).',
  );
});
