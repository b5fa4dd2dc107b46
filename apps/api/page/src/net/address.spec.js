import { describe, expect, it } from 'vitest';
import { withQuery } from './address.js';

describe('withQuery', () => {
  it('leaves out what is not given', () => {
    expect(withQuery('/x', { a: 1, b: '', c: null, d: undefined, e: 'x y' })).toBe('/x?a=1&e=x+y');
    expect(withQuery('/x', { a: null })).toBe('/x');
  });
});
