import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidCursorError } from '../instance-store.port.js';
import { decodeCursor, encodeCursor } from './cursor.js';

const ID = 'ins_0000000001000000000000000A';
const CREATED = `001767225600000${ID}`;

describe('cursor', () => {
  it('carries any name there and back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const member = `${name}\0${CREATED}`;
        expect(decodeCursor('-name', encodeCursor('-name', member))).toBe(member);
      }),
    );
  });

  it('is opaque and fit for a URL', () => {
    expect(encodeCursor('createdAt', CREATED)).toMatch(/^[\w-]+$/);
  });

  it.each([
    ['made for another order', encodeCursor('createdAt', CREATED)],
    ['of another kind', encodeCursor('-createdAt', `name\0${CREATED}`)],
    ['without an id', encodeCursor('-createdAt', '001767225600000')],
    ['not a pair', Buffer.from('["-createdAt"]').toString('base64url')],
    ['not JSON', Buffer.from('-createdAt').toString('base64url')],
    ['empty', ''],
    ['rubbish', '\u{1F600}%00'],
  ])('refuses one %s', (_, cursor) => {
    expect(() => decodeCursor('-createdAt', cursor)).toThrow(InvalidCursorError);
  });

  it('refuses whatever else is sent', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => decodeCursor('name', text)).toThrow(InvalidCursorError);
      }),
    );
  });
});
