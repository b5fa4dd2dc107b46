import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anInstance } from './instance.spec.fixture.js';
import { INSTANCE_STATUSES } from './status.js';
import {
  DEFAULT_QUERY,
  hasFilters,
  isSameQuery,
  isSearchable,
  queryFromSearch,
  SORTS,
  searchFromQuery,
} from './table-query.js';

/** @param {Partial<import('./table-query.js').TableQuery>} change */
const query = (change) => ({ ...DEFAULT_QUERY, ...change });

describe('the query in the address', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(
        fc.record({
          statuses: fc.subarray([...INSTANCE_STATUSES]),
          region: fc.string({ maxLength: 20, unit: 'binary' }),
          name: fc.stringMatching(/^[A-Za-z0-9-]{0,20}$/),
          sort: fc.constantFrom(...SORTS),
        }),
        (asked) => {
          const search = searchFromQuery(asked, '');
          expect(isSameQuery(queryFromSearch(search), asked)).toBe(true);
          expect(searchFromQuery(queryFromSearch(search), search)).toBe(search);
        },
      ),
    );
  });

  it('is short and readable', () => {
    expect(searchFromQuery(DEFAULT_QUERY, '')).toBe('');
    expect(searchFromQuery(query({ statuses: ['ready', 'failed'], name: 'llama', sort: 'name' }), '')).toBe(
      '?status=ready,failed&name=llama&sort=name',
    );
  });

  it('leaves parameters of others alone, and takes a key out', () => {
    expect(searchFromQuery(query({ name: 'a' }), '?panel=x&key=secret&status=ready')).toBe('?panel=x&name=a');
  });

  it('passes over what does not belong there', () => {
    const search = `?status=ready,nonsense,,&name=%3Cimg%3E&sort=price&region=${'x'.repeat(300)}`;
    expect(queryFromSearch(search)).toEqual(query({ statuses: ['ready'] }));
  });
});

describe('a query', () => {
  it('knows a filter from an order', () => {
    expect(hasFilters(query({ sort: 'name' }))).toBe(false);
    expect(hasFilters(query({ region: 'x' }))).toBe(true);
  });

  it('knows what can be searched for', () => {
    const one = anInstance({ name: 'llama-1' });
    for (const text of ['', 'llama-1', one.id, String(one.novitaInstanceId)]) expect(isSearchable(text)).toBe(true);
    for (const text of ['a b', 'a_b', 'ins_short', '<b>', 'x'.repeat(201)]) expect(isSearchable(text)).toBe(false);
  });
});
