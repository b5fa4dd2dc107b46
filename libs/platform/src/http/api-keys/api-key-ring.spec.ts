import { inspect } from 'node:util';
import { FakeClock } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { timestampFromMs } from '../../kernel/time.js';
import { plainApiKey } from './api-key.js';
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
    plainApiKey('web', 'viewer', 'a'.repeat(16)),
    plainApiKey('ci', 'operator', 'b'.repeat(16)),
  ]);

  it('reports the holder of a key, and never the key', () => {
    expect(ring.find('b'.repeat(16))).toEqual({ kind: 'known', holder: { name: 'ci', role: 'operator' } });
    expect(ring.find('a'.repeat(16))).toEqual({ kind: 'known', holder: { name: 'web', role: 'viewer' } });
    expect(ring.find('b'.repeat(16))).toEqual({ kind: 'known', holder: { name: 'ci', role: 'operator' } });
  });

  it.each(['', 'a'.repeat(15), 'a'.repeat(17), 'A'.repeat(16), 'web', '__proto__'])('does not know %j', (presented) => {
    expect(ring.find(presented)).toEqual({ kind: 'unknown' });
  });

  it('knows nobody when it is empty', () => {
    expect(new ApiKeyRing([]).find('')).toEqual({ kind: 'unknown' });
  });

  it('has no key in its memory, only what follows from it', () => {
    ring.find('b'.repeat(16));
    expect(inspect(ring, { depth: 9, showHidden: true })).not.toContain('b'.repeat(16));
  });

  it('says of an expired key that it has expired, and seals nothing in its name', () => {
    const clock = new FakeClock(1_000_000);
    const key = { ...plainApiKey('ci', 'operator', 'b'.repeat(16)), expiresAt: timestampFromMs(1_000_001) };
    const ending = new ApiKeyRing([key], clock);
    const before = ending.find('b'.repeat(16));
    if (before.kind !== 'known') throw new Error('it is valid still');
    expect(ending.isCurrent(before.holder)).toBe(true);
    clock.advance(1);
    expect(ending.find('b'.repeat(16))).toEqual({ kind: 'expired', name: 'ci', expiredAt: key.expiresAt });
    expect([ending.isCurrent(before.holder), ending.seal('ci', 'x')]).toEqual([false, null]);
  });

  it('knows the holders of before when keys are replaced, unless their key or role is another', () => {
    const keys = ['a', 'b', 'c'].map((name) => plainApiKey(name, 'operator', name.repeat(16)));
    const changing = new ApiKeyRing(keys);
    const holders = ['a', 'b', 'c'].map((name) => changing.seal(name, 'x')?.holder);
    changing.replace([keys[0], plainApiKey('b', 'viewer', 'b'.repeat(16))].filter((key) => key !== undefined));
    expect(holders.map((holder) => holder !== undefined && changing.isCurrent(holder))).toEqual([true, false, false]);
    expect([changing.find('c'.repeat(16)).kind, changing.size]).toEqual(['unknown', 2]);
  });

  it('knows no holder of before when its limits are others', () => {
    const key = {
      ...plainApiKey('a', 'operator', 'a'.repeat(16)),
      limits: { usdPerHour: 1, usdPerDay: null, hoursPerInstance: 8 },
    };
    const changing = new ApiKeyRing([key]);
    const holder = changing.seal('a', 'x')?.holder;
    expect(holder).toEqual({ name: 'a', role: 'operator', limits: key.limits });
    changing.replace([{ ...key, limits: { ...key.limits } }]);
    expect(holder !== undefined && changing.isCurrent(holder)).toBe(true);
    changing.replace([{ ...key, limits: { ...key.limits, usdPerHour: 2 } }]);
    expect(holder !== undefined && changing.isCurrent(holder)).toBe(false);
  });

  describe('a seal', () => {
    const ofAnother = (key: string): ApiKeyRing => new ApiKeyRing([plainApiKey('ci', 'admin', key)]);
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
