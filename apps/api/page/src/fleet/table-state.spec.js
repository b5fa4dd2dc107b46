import { describe, expect, it } from 'vitest';
import { anInstance } from './instance.spec.fixture.js';
import { DEFAULT_QUERY } from './table-query.js';
import { BEFORE_LOADED, isTurning, kindOfEmpty } from './table-state.js';

const SHOWN = { query: DEFAULT_QUERY, page: 0, size: 50, after: null, last: null };
const LOADED = { ...BEFORE_LOADED, isLoaded: true, shown: SHOWN };

describe('a table', () => {
  it('turns to something else, but not when it is read again', () => {
    expect(isTurning({ ...LOADED, isLoading: true })).toBe(false);
    expect(isTurning({ ...LOADED, isLoading: true, page: 1 })).toBe(true);
    expect(isTurning({ ...LOADED, isLoading: true, size: 100 })).toBe(true);
    expect(isTurning({ ...LOADED, isLoading: true, query: { ...DEFAULT_QUERY, search: 'a' } })).toBe(true);
    expect(isTurning({ ...LOADED, page: 1 })).toBe(false);
    expect(isTurning({ ...BEFORE_LOADED, isLoading: true })).toBe(false);
  });

  it('is empty for one reason or the other, or not known to be', () => {
    expect(kindOfEmpty(BEFORE_LOADED)).toBeNull();
    expect(kindOfEmpty(LOADED)).toBe('no-instances');
    expect(kindOfEmpty({ ...LOADED, shown: { ...SHOWN, query: { ...DEFAULT_QUERY, regions: ['x'] } } })).toBe(
      'no-match',
    );
    expect(kindOfEmpty({ ...LOADED, rows: [anInstance()] })).toBeNull();
    expect(kindOfEmpty({ ...LOADED, page: 1 })).toBeNull();
  });
});
