import { describe, expect, it } from 'vitest';
import { instantViolation, parseTimestamp } from './time.js';

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
