import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isIdempotencyKey, requestFingerprint, storedKey } from './idempotency-key.js';

describe('the fingerprint of a request', () => {
  it('does not see the order of members, and sees everything else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const reversed = reverseMembers(a);
        expect(requestFingerprint('POST', '/x', reversed)).toBe(requestFingerprint('POST', '/x', a));
        const same = requestFingerprint('POST', '/x', a) === requestFingerprint('POST', '/x', b);
        expect(same).toBe(JSON.stringify(sortMembers(a)) === JSON.stringify(sortMembers(b)));
      }),
    );
  });

  it('tells method, path and no body apart', () => {
    const prints = [
      requestFingerprint('POST', '/a', {}),
      requestFingerprint('PUT', '/a', {}),
      requestFingerprint('POST', '/b', {}),
      requestFingerprint('POST', '/a', undefined),
      requestFingerprint('POST', '/a', null),
    ];
    expect(new Set(prints).size).toBe(prints.length);
  });
});

describe('keys', () => {
  it.each(['a', ' a ', '~'.repeat(255), '0b1f7c1e-9d5e-4a0b-8f3c-2f6f5d8c7a11'])('takes %j', (key) => {
    expect(isIdempotencyKey(key)).toBe(true);
  });

  it.each(['', ' ', 'a'.repeat(256), 'ü', 'a\nb', ['a', 'b'], undefined])('refuses %j', (key) => {
    expect(isIdempotencyKey(key)).toBe(false);
  });

  it('are apart for each caller', () => {
    expect(storedKey('a', 'bc')).not.toBe(storedKey('ab', 'c'));
  });
});

function reverseMembers(value: unknown): unknown {
  return mapMembers(value, (entries) => entries.toReversed());
}

function sortMembers(value: unknown): unknown {
  return mapMembers(value, (entries) => entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function mapMembers(value: unknown, order: (entries: [string, unknown][]) => [string, unknown][]): unknown {
  if (Array.isArray(value)) return value.map((item) => mapMembers(item, order));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, mapMembers(member, order)] as [string, unknown]);
  return Object.fromEntries(order(entries));
}
