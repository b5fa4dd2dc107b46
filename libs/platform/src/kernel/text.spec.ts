import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest, oneLine, probablyMeant } from './text.js';

/** Surrogate halves included. */
const anyCharacter = fc.nat({ max: 0x10ffff }).map((code) => String.fromCodePoint(code));

describe('oneLine', () => {
  it('makes line breaks and control characters one space', () => {
    expect(oneLine(' a\r\n\r\nb\t\u0000\u0007c\u0085 ')).toBe('a b c');
  });

  it('shows what is not printable ASCII as ?', () => {
    expect(oneLine('größe 数 \u{1f600}')).toBe('gr??e ? ?');
  });

  it('cuts', () => {
    expect(oneLine('abcdefgh', 6)).toBe('abc...');
    expect(oneLine('abcdef', 6)).toBe('abcdef');
    expect(oneLine('abcdef', 2)).toBe('ab');
    expect(oneLine('x'.repeat(3_000))).toHaveLength(2_000);
  });

  it('is safe in a header and in one line of a log, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 80 }), fc.integer({ min: 0, max: 100 }), (text, max) => {
        const line = oneLine(text, max);
        expect(line).toMatch(/^[\x20-\x7e]*$/);
        expect(line.length).toBeLessThanOrEqual(max);
      }),
    );
  });
});

const NAMES = ['RTX 4090 24GB', 'RTX 3090 24GB', 'H100 SXM 80GB', 'US-CA-06 (California)', 'US-CA-01', 'CN-HK-01'];

describe('the nearest of some names', () => {
  it.each([
    ['US-CA-6', 'US-CA-06 (California)'],
    ['us-ca-06', 'US-CA-06 (California)'],
    ['RTX4090', 'RTX 4090 24GB'],
    ['RTX 4O90 24GB', 'RTX 4090 24GB'],
    ['h100', 'H100 SXM 80GB'],
  ])('%s: %s', (word, near) => {
    expect(nearest(word, NAMES)[0]).toBe(near);
    expect(probablyMeant(word, NAMES)).toBe(near);
  });

  it('offers nothing that is spelled quite differently as what was meant', () => {
    expect(probablyMeant('lease', ['enabled', 'thresholdMinutes'])).toBeNull();
    expect(probablyMeant('colour', [])).toBeNull();
  });
});
