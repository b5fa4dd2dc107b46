import { expect, it } from 'vitest';
import { roughUsd, usd, usdPerHour } from './money.js';

it('tells sums in cents, and prices finer', () => {
  expect(usd(1234.5)).toBe('$1,234.50');
  expect(usdPerHour(0.3456)).toBe('$0.346/h');
  expect(usdPerHour(2)).toBe('$2.00/h');
  expect(usdPerHour(undefined)).toBe('price unknown');
  expect(roughUsd(999.99)).toBe('$999.99');
  expect(roughUsd(12_345.67)).toBe('$12,346');
});
