import { describe, expect, it } from 'vitest';
import { instantViolation, parseRetryAfter, parseTimestamp } from './time.js';

describe('an instant in input', () => {
  it.each([
    ['2026-03-01T10:00:00Z', '2026-03-01T10:00:00.000Z'],
    ['2026-03-01T10:00Z', '2026-03-01T10:00:00.000Z'],
    ['2026-03-01T18:00:00.123456+08:00', '2026-03-01T10:00:00.123Z'],
    ['2026-03-01T18:00:00+0800', '2026-03-01T10:00:00.000Z'],
    ['2024-02-29T00:00:00-00:30', '2024-02-29T00:30:00.000Z'],
  ])('%s is %s in every zone', (text, instant) => {
    expect(instantViolation(text)).toBeNull();
    expect(parseTimestamp(text)).toBe(instant);
  });

  it.each([
    ['2026-11-29T11:55:09', 'must end in Z or in an offset'],
    ['2026-02-30T10:00:00Z', 'must be a date and a time that exist'],
    ['2026-02-29T10:00:00Z', 'must be a date and a time that exist'],
    ['2026-00-01T10:00:00Z', 'must be a date and a time that exist'],
    ['2026-03-01T24:00:00Z', 'must be a date and a time that exist'],
    ['2026-03-01T10:00:00+24:00', 'must be a date and a time that exist'],
    ['2026-03-01', 'must be a date with a time and an offset'],
    ['2026-W09', 'must be a date with a time and an offset'],
    ['1772359201000', 'must be a date with a time and an offset'],
    ['', 'must be a date with a time and an offset'],
  ])('%s is refused', (text, says) => {
    expect(instantViolation(text)).toContain(says);
    expect(parseTimestamp(text)).toBeNull();
  });
});

const LONGEST_PAUSE_MS = 60_000;
const NOW = Date.UTC(2026, 7, 3, 18, 0, 0);

describe('parseRetryAfter', () => {
  it.each([
    ['5', 5_000],
    [' 12 ', 12_000],
    ['0', 0],
    ['86400', LONGEST_PAUSE_MS],
    ['999999999999999', LONGEST_PAUSE_MS],
    ['1'.repeat(16), LONGEST_PAUSE_MS],
    ['9'.repeat(400), LONGEST_PAUSE_MS],
    [`${'0'.repeat(20)}5`, 5_000],
    ['Mon, 03 Aug 2026 18:00:20 GMT', 20_000],
    ['Mon, 03 Aug 2026 17:00:00 GMT', 0],
    ['Mon, 03 Aug 2099 17:00:00 GMT', LONGEST_PAUSE_MS],
  ])('reads %j as %d ms', (header, ms) => {
    expect(parseRetryAfter(header, NOW, LONGEST_PAUSE_MS)).toBe(ms);
  });

  it.each([null, '', 'soon', '-5', '1.5', '1e3', '2026-08-03', 'Mon, 99 Abc 2026 18:00:00 GMT', '5 s', '5, 6'])(
    'ignores %j',
    (header) => {
      expect(parseRetryAfter(header, NOW, LONGEST_PAUSE_MS)).toBeNull();
    },
  );
});
