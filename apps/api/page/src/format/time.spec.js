import { describe, expect, it } from 'vitest';
import { ago, span, until } from './time.js';

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

  it('are told from now', () => {
    expect(ago('2026-03-01T09:57:00.000Z', NOW)).toBe('3 min ago');
    expect(until('2026-03-01T10:07:30.000Z', NOW)).toBe('in 7 min');
    expect(until('2026-03-01T09:59:00.000Z', NOW)).toBe('now');
  });
});
