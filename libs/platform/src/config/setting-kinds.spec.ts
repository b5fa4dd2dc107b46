import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dollars, formatDuration, parseDuration, Violation } from './setting-kinds.js';

describe('durations', () => {
  it.each([
    ['45', 's', 45_000],
    ['45', 'm', 2_700_000],
    ['45s', 'm', 45_000],
    ['10m', 's', 600_000],
    ['2h', 's', 7_200_000],
    ['7d', 's', 604_800_000],
    ['7', 'd', 604_800_000],
    ['500ms', 's', 500],
    ['0', 's', 0],
    ['0.5', 'm', 30_000],
  ] as const)('reads %s, bare numbers in %s', (text, unit, ms) => {
    expect(parseDuration(text, unit)).toBe(ms);
  });

  it.each([
    '',
    'off',
    'none',
    '-1s',
    '+1',
    '1 s',
    '1S',
    '1sec',
    '1e3',
    '.5s',
    '5.',
    '1m30s',
    'Infinity',
    'NaN',
    '0x10',
  ])('refuses %j', (text) => {
    expect(parseDuration(text, 's')).toBeInstanceOf(Violation);
  });

  it('refuses what no number of milliseconds can hold', () => {
    expect(parseDuration('9'.repeat(30), 's')).toEqual(new Violation('too long'));
  });

  it('writes days only where there are two or more', () => {
    expect([86_400_000, 172_800_000, 129_600_000].map(formatDuration)).toEqual(['24h', '2d', '36h']);
  });

  it('writes what it reads', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 9 }), fc.constantFrom('ms', 's', 'm', 'h', 'd'), (ms, unit) => {
        expect(parseDuration(formatDuration(ms), unit as 's')).toBe(ms);
      }),
    );
  });
});

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
    expect(dollars.parse(text)).toEqual(new Violation(problem));
  });
});
