import { expect, it } from 'vitest';
import { priceWords } from './price-words.js';

it('tells the price per hour and day', () => {
  expect(priceWords({ kind: 'exact', usdPerHour: 0.37, elsewhere: '' }, 'onDemand')).toBe(
    'Total: $0.37/h, which is $8.88 a day.',
  );
  expect(priceWords({ kind: 'exact', usdPerHour: 0.37, elsewhere: 'EU-01' }, 'spot')).toContain('made in EU-01');
  expect(priceWords({ kind: 'range', fromUsd: 0.33, toUsd: 0.39 }, 'monthly')).toBe(
    'Total: $0.33/h to $0.39/h, by region; $7.92 to $9.36 a day. It is paid by the month, in advance.',
  );
  expect(priceWords({ kind: 'none', reason: 'Out of stock at present.' }, 'spot')).toBe('Out of stock at present.');
});
