import { expect, it } from 'vitest';
import { stillCostingMessage } from './stop-all-dialog.js';

it('says which costs go on, and why', () => {
  const none = { usdPerHour: 0, instances: 0 };
  const byReason = { madeElsewhere: none, monthly: none, notStopped: none };
  expect(stillCostingMessage({ ...none, unpriced: 0, byReason })).toBe('No costs go on then.');
  const elsewhere = { usdPerHour: 2, instances: 2 };
  const monthly = { usdPerHour: 0.5, instances: 1 };
  const some = {
    usdPerHour: 2.5,
    instances: 3,
    unpriced: 1,
    byReason: { ...byReason, madeElsewhere: elsewhere, monthly },
  };
  expect(stillCostingMessage(some)).toBe(
    'These costs go on: $2.50/h, which is $60.00 a day (1 instance has no known price). That is 2 instances made elsewhere and left alone ($2.00/h), 1 instance paid by the month, running or not ($0.50/h).',
  );
});
