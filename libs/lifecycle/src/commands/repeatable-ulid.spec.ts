import { instanceIdFromUlid, isInstanceId } from '@app/instance-store';
import fc from 'fast-check';
import { decodeTime } from 'ulid';
import { describe, expect, it } from 'vitest';
import { repeatableUlid } from './repeatable-ulid.js';

describe('repeatableUlid', () => {
  it('makes an id of every text, the same each time', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(isInstanceId(instanceIdFromUlid(repeatableUlid(text)))).toBe(true);
        expect(repeatableUlid(text)).toBe(repeatableUlid(text));
      }),
    );
  });

  it('begins with a time that can be read and written, as the store wants of every id', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(new Date(decodeTime(repeatableUlid(text))).toISOString()).toMatch(/^\d{4}-/);
      }),
    );
  });

  it('makes different ids of different texts', () => {
    const ids = Array.from({ length: 1_000 }, (_, n) => repeatableUlid(`key ${n}`));
    expect(new Set(ids).size).toBe(1_000);
  });
});
