import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakePages } from './fake-pages.spec.fixture.js';
import { InstanceTable } from './instance-table.js';
import { beginTable, followAddress } from './table-address.js';
import { DEFAULT_QUERY } from './table-query.js';

/** @type {string} */
let search;

/** @type {string[]} */
let written;

const place = {
  query: () => new URLSearchParams(search),
  setQuery: (/** @type {string} */ next, { replace = false } = {}) => {
    written.push(`${replace ? 'replace' : 'push'} ${next}`);
    search = next;
  },
};

beforeEach(() => {
  search = '?status=failed&panel=x';
  written = [];
  vi.stubGlobal('localStorage', { getItem: () => '100' });
});

afterEach(() => void vi.unstubAllGlobals());

it('shows what the address says, writes down what is chosen, and goes back', () => {
  const http = new FakePages();
  const table = new InstanceTable(http, (emit) => emit());
  const view = new AbortController();
  beginTable(table, search);
  const update = followAddress(table, place, view.signal);
  expect(http.asked).toEqual([]);
  expect(table.state.get()).toMatchObject({ query: { statuses: ['failed'], sort: '-createdAt' }, size: 100 });

  void table.setQuery({ search: 'll' });
  void table.setQuery({ search: 'lla' });
  void table.setQuery({ sort: 'name' });
  void table.load();
  expect(written).toEqual([
    'replace ?status=failed&panel=x&search=ll',
    'replace ?status=failed&panel=x&search=lla',
    'push ?status=failed&panel=x&search=lla&sort=name',
  ]);

  search = '?search=lla';
  update();
  expect(table.state.get().query).toEqual({ ...DEFAULT_QUERY, search: 'lla' });
  expect(http.latest.path).toBe('/api/v1/instances?limit=100&search=lla&sort=-createdAt');
  expect(written).toHaveLength(3);

  view.abort();
  void table.setQuery({ search: 'x' });
  expect(written).toHaveLength(3);
});

it('shows what the address says when the view is opened again with another one', () => {
  const http = new FakePages();
  const table = new InstanceTable(http, (emit) => emit());
  beginTable(table, '');
  followAddress(table, place, new AbortController().signal);
  expect(http.latest.path).toBe('/api/v1/instances?limit=100&status=failed&sort=-createdAt');
});
