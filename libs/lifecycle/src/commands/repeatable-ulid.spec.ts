import { instanceIdFromUlid, isInstanceId } from '@app/instance-store';
import fc from 'fast-check';
import { decodeTime } from 'ulid';
import { describe, expect, it } from 'vitest';
import { repeatableUlid } from './repeatable-ulid.js';

const times = fc.integer({ min: 0, max: Date.UTC(9999, 0) });

describe('repeatableUlid', () => {
  it('makes an id of every text and time, the same each time, that begins with the time', () => {
    fc.assert(
      fc.property(fc.string(), times, (text, time) => {
        const ulid = repeatableUlid(text, time);
        expect(isInstanceId(instanceIdFromUlid(ulid))).toBe(true);
        expect(repeatableUlid(text, time)).toBe(ulid);
        expect(decodeTime(ulid)).toBe(time);
      }),
    );
  });

  it('makes different random parts of different texts and of different times', () => {
    const texts = Array.from({ length: 1_000 }, (_, n) => repeatableUlid(`key ${n}`, 0));
    const days = Array.from({ length: 1_000 }, (_, n) => repeatableUlid('key', n));
    expect(new Set([...texts, ...days].map((ulid) => ulid.slice(10))).size).toBe(2_000);
  });
});
