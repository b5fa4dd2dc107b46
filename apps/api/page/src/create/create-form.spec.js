import { expect, it } from 'vitest';
import { priceMessage } from './create-form.js';

/** @type {import('./offers.js').Expected} */
const IN_HONG_KONG = { kind: 'price', usdPerHour: 0.37, place: 'CN-HK-01', missingIn: '', cheaper: null };

it('says the price per hour and day, and where', () => {
  expect(priceMessage(IN_HONG_KONG, 'onDemand')).toBe('Total: $0.37/h in CN-HK-01, which is $8.88 a day.');
  expect(priceMessage(IN_HONG_KONG, 'monthly')).toContain('It is paid by the month, in advance.');
  expect(priceMessage({ kind: 'none', reason: 'Out of stock at present.' }, 'spot')).toBe('Out of stock at present.');
});

it('names the region that has none, and the one that has it for less', () => {
  expect(priceMessage({ ...IN_HONG_KONG, missingIn: 'EU-01' }, 'spot')).toContain('None can be had in EU-01.');
  expect(priceMessage({ ...IN_HONG_KONG, cheaper: { name: 'EU-01', usdPerHour: 0.33 } }, 'spot')).toContain(
    'EU-01 has it for $0.33/h.',
  );
});
