import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countOf,
  idOf,
  instantOf,
  numberOf,
  readItems,
  requireList,
  requireText,
  UnreadableAnswerError,
  UnreadableItemError,
  usdFromBillingAmount,
  usdFromProductPrice,
} from './read-value.js';

describe('numbers', () => {
  it.each([
    ['16', 16],
    [' 62 ', 62],
    ['-1', -1],
    ['0.5', 0.5],
    [8, 8],
    ['', null],
    ['abc', null],
    ['1e3', null],
    ['0x10', null],
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
    ['9'.repeat(400), null],
    [null, null],
    [true, null],
    [[], null],
  ])('reads %j as %j', (value, expected) => {
    expect(numberOf(value)).toBe(expected);
  });

  it('takes a negative count for "does not apply"', () => {
    expect(countOf('-1')).toBeNull();
    expect(countOf('0')).toBe(0);
  });

  it('takes "0" for no id, and a number for an id', () => {
    expect(idOf('0')).toBeNull();
    expect(idOf('')).toBeNull();
    expect(idOf(212)).toBe('212');
  });
});

describe('prices', () => {
  it.each([
    ['35000', 0.35],
    [35000, 0.35],
    ['1', 0.00001],
    ['0', null],
    [0, null],
    ['', null],
    ['-5', null],
    [undefined, null],
  ])('reads the product price %j as %j USD', (value, usd) => {
    expect(usdFromProductPrice(value)).toBe(usd);
  });

  it('reads billing amounts in their other unit, and a zero as zero', () => {
    expect(usdFromBillingAmount('123456')).toBe(12.3456);
    expect(usdFromBillingAmount('0')).toBe(0);
    expect(usdFromBillingAmount('-2500')).toBe(-0.25);
    expect(usdFromBillingAmount('much')).toBeNull();
  });
});

describe('instants', () => {
  it.each([
    ['1785780950', '2026-08-03T18:15:50.000Z'],
    [1785780950, '2026-08-03T18:15:50.000Z'],
    ['0', null],
    ['-1', null],
    ['', null],
    [0, null],
    ['soon', null],
    ['99999999999999999999', null],
    [Number.NaN, null],
    [undefined, null],
    [{}, null],
  ])('reads %j as %j', (value, expected) => {
    expect(instantOf(value)).toBe(expected);
  });

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const instant = instantOf(value);
        expect(instant === null || !Number.isNaN(Date.parse(instant))).toBe(true);
      }),
    );
  });
});

function buggy(): never {
  throw new TypeError('a bug');
}

describe('lists', () => {
  it('reports what cannot be read with its place, and keeps the rest', () => {
    const { items, malformed } = readItems(
      [{ id: 'a' }, null, { id: '' }, 'text', {}, { id: 'b' }, { id: { deep: 1 } }],
      'things',
      (item) => requireText(item, 'id'),
    );
    expect(items).toEqual(['a', 'b']);
    expect(malformed).toEqual([
      { path: 'things[1]', reason: 'not an object (null)' },
      { path: 'things[2].id', reason: 'empty' },
      { path: 'things[3]', reason: 'not an object (string)' },
      { path: 'things[4].id', reason: 'missing' },
      { path: 'things[6].id', reason: 'not a text (object)' },
    ]);
  });

  it('lets an error of this program through', () => {
    expect(() => readItems([{}], 'things', buggy)).toThrow(TypeError);
  });

  it('distinguishes a missing list from an empty one', () => {
    expect(requireList({ data: [] }, 'data')).toEqual([]);
    for (const answer of [{}, { data: null }, { data: {} }, [], 'text', null]) {
      expect(() => requireList(answer, 'data')).toThrow(UnreadableAnswerError);
    }
  });

  it('names the key that is wrong', () => {
    expect(() => requireText({}, 'status')).toThrow(
      expect.objectContaining({ field: 'status' }) as UnreadableItemError,
    );
  });
});
