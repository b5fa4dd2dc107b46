import { describe, expect, it } from 'vitest';
import { Fault } from './fault.js';
import { dollars } from './setting-kinds.js';

describe('an amount of dollars', () => {
  it.each([
    ['250', 250],
    ['0.01', 0.01],
    ['1.5', 1.5],
    ['999999999.99', 999_999_999.99],
  ])('is %s', (text, amount) => {
    expect(dollars.parse(text)).toBe(amount);
  });

  it.each([
    ['0', 'not above 0'],
    ['0.00', 'not above 0'],
    ['-5', 'not an amount'],
    ['1.005', 'not an amount'],
    ['1e3', 'not an amount'],
    ['$250', 'not an amount'],
    ['250 USD', 'not an amount'],
    ['1,000', 'not an amount'],
    ['off', 'not an amount'],
    ['null', 'not an amount'],
    ['', 'not an amount'],
  ])('is not %j', (text, problem) => {
    expect(dollars.parse(text)).toEqual(new Fault(problem));
  });
});
