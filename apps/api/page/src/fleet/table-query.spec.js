import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INSTANCE_STATUSES } from './status.js';
import {
  BILLING_MODES,
  DEFAULT_QUERY,
  FIGURES,
  hasFilters,
  IDLE_CHOICES,
  isSameQuery,
  ORIGINS,
  queryFromSearch,
  SORTS,
  searchFromQuery,
} from './table-query.js';

/** @param {Partial<import('./table-query.js').TableQuery>} change */
const query = (change) => ({ ...DEFAULT_QUERY, ...change });

const texts = fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9 :()-]{1,20}$/), { maxLength: 3 });

/** @type {fc.Arbitrary<import('./table-query.js').TableQuery>} */
const anyQuery = fc.record({
  search: fc.string({ maxLength: 20 }).map((text) => text.trim()),
  statuses: fc.subarray([...INSTANCE_STATUSES]),
  regions: texts,
  products: texts,
  owners: texts,
  origins: fc.subarray([...ORIGINS]),
  billings: fc.subarray([...BILLING_MODES]),
  idle: fc.constantFrom('', ...IDLE_CHOICES),
  show: fc.constantFrom(/** @type {const} */ (''), ...FIGURES),
  sort: fc.constantFrom(...SORTS),
});

describe('the query in the address', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(anyQuery, (asked) => {
        const search = searchFromQuery(asked, '');
        expect(isSameQuery(queryFromSearch(search), asked)).toBe(true);
        expect(searchFromQuery(queryFromSearch(search), search)).toBe(search);
      }),
      { numRuns: 50 },
    );
  });

  it('is short and readable', () => {
    expect(searchFromQuery(DEFAULT_QUERY, '')).toBe('');
    expect(searchFromQuery(query({ statuses: ['ready', 'failed'], search: 'llama', sort: 'name' }), '')).toBe(
      '?search=llama&status=ready,failed&sort=name',
    );
  });

  it('leaves parameters of others alone, and takes a key out', () => {
    expect(searchFromQuery(query({ search: 'a' }), '?panel=x&key=secret&status=ready')).toBe('?panel=x&search=a');
  });

  it('passes over what does not belong there', () => {
    const search = `?status=ready,nonsense,,&sort=nonsense&show=nonsense&idle=long&origin=x&region=${'x'.repeat(300)},EU-01&search=${'y'.repeat(201)}`;
    expect(queryFromSearch(search)).toEqual(query({ statuses: ['ready'], regions: ['EU-01'] }));
  });
});

it('knows a filter from an order', () => {
  expect(hasFilters(query({ sort: 'name' }))).toBe(false);
  expect(hasFilters(query({ regions: ['x'] }))).toBe(true);
  expect(hasFilters(query({ show: 'idle' }))).toBe(true);
});
