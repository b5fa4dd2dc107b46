import { expect, it } from 'vitest';
import { withLocalTimes } from './local-times.js';
import { clockTime } from './time.js';

it("puts times into the reader's own zone", () => {
  const at = '2026-03-01T10:00:00.000Z';
  expect(withLocalTimes(`Used at ${at} and ${at}.`)).toBe(`Used at ${clockTime(at)} and ${clockTime(at)}.`);
});

it('leaves alone what only looks like one', () => {
  for (const text of ['no time', '2026-03-01', '2026-99-99T99:99:99Z', 'ins_01M81HPD0CHF55F6S98H2A0ZRW']) {
    expect(withLocalTimes(text)).toBe(text);
  }
});
