import { describe, expect, it } from 'vitest';
import { ApiKeyRing, bearerToken } from './api-key-ring.js';

describe('bearerToken', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer   abc ', 'abc'],
    ['Bearer a:b/c+d=', 'a:b/c+d='],
  ])('reads %j', (header, token) => {
    expect(bearerToken(header)).toBe(token);
  });

  it.each([undefined, '', 'Bearer', 'Bearer ', 'Basic abc', 'abc', 'Bearer a b', `Bearer ${'a'.repeat(513)}`])(
    'finds none in %j',
    (header) => {
      expect(bearerToken(header)).toBeNull();
    },
  );
});

describe('ApiKeyRing', () => {
  const ring = new ApiKeyRing([
    { name: 'web', role: 'viewer', key: 'a'.repeat(16) },
    { name: 'ci', role: 'operator', key: 'b'.repeat(16) },
  ]);

  it('reports the holder of a key, and never the key', () => {
    expect(ring.find('b'.repeat(16))).toEqual({ name: 'ci', role: 'operator' });
    expect(ring.find('a'.repeat(16))).toEqual({ name: 'web', role: 'viewer' });
    expect(ring.find('b'.repeat(16))).toEqual({ name: 'ci', role: 'operator' });
  });

  it.each(['', 'a'.repeat(15), 'a'.repeat(17), 'A'.repeat(16), 'web', '__proto__'])('does not know %j', (presented) => {
    expect(ring.find(presented)).toBeNull();
  });

  it('knows nobody when it is empty', () => {
    expect(new ApiKeyRing([]).find('')).toBeNull();
  });

  describe('a seal', () => {
    const ofAnother = (key: string): ApiKeyRing => new ApiKeyRing([{ name: 'ci', role: 'admin', key }]);
    const code = (of: ApiKeyRing, name: string, text: string): string | undefined =>
      of.seal(name, text)?.code.toString('hex');

    it('is the same in every process that has the key', () => {
      expect(ring.seal('ci', 'x')?.holder).toEqual({ name: 'ci', role: 'operator' });
      expect(code(ofAnother('b'.repeat(16)), 'ci', 'x')).toBe(code(ring, 'ci', 'x'));
    });

    it('is another for another text, another name and another key', () => {
      const codes = [
        code(ring, 'ci', 'x'),
        code(ring, 'ci', 'y'),
        code(ring, 'web', 'x'),
        code(ofAnother('c'.repeat(16)), 'ci', 'x'),
      ];
      expect(new Set(codes).size).toBe(codes.length);
    });

    it("is nobody else's", () => {
      for (const name of ['', 'nobody', '__proto__', 'b'.repeat(16)]) expect(ring.seal(name, 'x')).toBeNull();
    });
  });
});
