import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oneLine } from './one-line.js';

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
