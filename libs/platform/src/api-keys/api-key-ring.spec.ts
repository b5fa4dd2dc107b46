import { describe, expect, it } from 'vitest';
import { ApiKeyRing } from './api-key-ring.js';

describe('ApiKeyRing', () => {
  const ring = new ApiKeyRing([
    { name: 'web', role: 'viewer', key: 'a'.repeat(16) },
    { name: 'ci', role: 'operator', key: 'b'.repeat(16) },
  ]);

  it('tells the holder of a key, and never the key', () => {
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
});
