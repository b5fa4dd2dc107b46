import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  actorName,
  ago,
  apiText,
  clockTime,
  counted,
  formatCount,
  formatDuration,
  isWebAddress,
  roughUsd,
  span,
  sumPerHour,
  timeOfDay,
  totalMessage,
  until,
  usd,
  usdPerHour,
} from './format.js';

const NOW = Date.parse('2026-03-01T10:00:00.000Z');

describe('spans of time', () => {
  it.each([
    [-5, '0 s'],
    [999, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_599_000, '59 min'],
    [3_600_000, '1 h'],
    [11_520_000, '3 h 12 min'],
    [86_400_000, '1 d'],
    [180_000_000, '2 d 2 h'],
  ])('%i ms are %s', (ms, words) => {
    expect(span(ms)).toBe(words);
  });

  it('are said from now', () => {
    expect(ago('2026-03-01T09:57:00.000Z', NOW)).toBe('3 min ago');
    expect(until('2026-03-01T10:07:30.000Z', NOW)).toBe('in 7 min');
    expect(until('2026-03-01T09:59:00.000Z', NOW)).toBe('now');
  });
});

it.each([
  [-1, '0 ms'],
  [79.4, '79 ms'],
  [999, '999 ms'],
  [1_000, '1.0 s'],
  [5_234, '5.2 s'],
  [59_949, '59.9 s'],
  [60_000, '1 min'],
  [3_720_000, '1 h 2 min'],
])('%d ms are said as %s', (ms, words) => {
  expect(formatDuration(ms)).toBe(words);
});

it('says the day only of what is far', () => {
  const now = Date.parse('2026-03-05T12:00:00.000Z');
  expect(timeOfDay(now - 3_600_000, now)).not.toMatch(/2026/);
  expect(timeOfDay(now - 48 * 3_600_000, now)).toMatch(/2026/);
});

it("puts times into the reader's own zone", () => {
  const at = '2026-03-01T10:00:00.000Z';
  expect(apiText(`Used at ${at} and ${at}.`)).toBe(`Used at ${clockTime(at)} and ${clockTime(at)}.`);
});

it('names no route', () => {
  expect(apiText('GET /gpu/instance was not sent: Novita fails')).toBe('A call to Novita was not sent: Novita fails');
});

it('leaves alone what only looks like one', () => {
  for (const text of ['no time', '2026-03-01', '2026-99-99T99:99:99Z', 'ins_01M81HPD0CHF55F6S98H2A0ZRW']) {
    expect(apiText(text)).toBe(text);
  }
});

it('says sums in cents, and prices finer', () => {
  expect(usd(1234.5)).toBe('$1,234.50');
  expect(usdPerHour(0.3456)).toBe('$0.346/h');
  expect(usdPerHour(2)).toBe('$2.00/h');
  expect(usdPerHour(undefined)).toBe('price unknown');
  expect(roughUsd(999.99)).toBe('$999.99');
  expect(roughUsd(12_345.67)).toBe('$12,346');
});

it("are written as the browser's own format writes them", () => {
  /** @param {Intl.NumberFormatOptions} options */
  const own = (options) => new Intl.NumberFormat('en-US', options);
  const [cents, fine] = [2, 3].map((digits) =>
    own({ style: 'currency', currency: 'USD', minimumFractionDigits: 2, maximumFractionDigits: digits }),
  );
  const count = own({});
  const values = fc.oneof(
    fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    fc.integer({ min: -1e12, max: 1e12 }),
    fc.integer({ min: -1e6, max: 1e6 }).map((thousandths) => thousandths / 1_000),
  );
  fc.assert(
    fc.property(values, (value) => {
      expect(usd(value)).toBe(cents?.format(value));
      expect(usdPerHour(value)).toBe(`${fine?.format(value)}/h`);
      expect(formatCount(value)).toBe(count.format(value));
    }),
  );
});

it('takes pages of the web and nothing else', () => {
  for (const text of ['https://x.example.com/a', 'http://127.0.0.1:80/']) expect(isWebAddress(text)).toBe(true);
  for (const text of [
    'javascript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'data:text/html,x',
    'proxy.example.com:22',
    '/x',
    '',
  ]) {
    expect(isWebAddress(text)).toBe(false);
  }
});

it('sums what is known and counts what is not', () => {
  expect(sumPerHour([{ pricePerHour: 0.35 }, {}, { pricePerHour: 0.4 }])).toEqual({ usd: 0.75, unpriced: 1 });
  expect(sumPerHour([])).toEqual({ usd: 0, unpriced: 0 });
});

it('counts in words', () => {
  expect(counted(1)).toBe('1 instance');
  expect(counted(12_000)).toBe('12,000 instances');
  expect(counted(2, 'value')).toBe('2 values');
});

it('says dollars per hour and day, and what is not among them', () => {
  expect(totalMessage({ usd: 0.37, unpriced: 0 })).toBe('$0.37/h, which is $8.88 a day');
  expect(totalMessage({ usd: 0.37, unpriced: 1 })).toBe(
    '$0.37/h, which is $8.88 a day (1 instance has no known price)',
  );
  expect(totalMessage({ usd: 0, unpriced: 2 })).toBe('2 instances have no known price');
});

it('names who did something', () => {
  expect(actorName('user:ci')).toBe('Key ci');
  expect(actorName('user:ci:inference-gateway')).toBe('Key ci:inference-gateway');
  expect(actorName('user')).toBe('Somebody with a key');
  expect(actorName('auto-stop')).toBe('Auto-stop');
  expect(actorName('novita:get')).toBe('Novita (get)');
  expect(actorName('console')).toBe("Novita's console");
});
