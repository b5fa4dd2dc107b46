import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakePages } from './fake-pages.spec.fixture.js';
import { InstanceTable } from './instance-table.js';
import { followAddress } from './table-address.js';

/** @type {{pathname: string, search: string, hash: string}} */
let address;

/** @type {string[]} */
let written;

/** @type {() => void} */
let goBack;

beforeEach(() => {
  address = { pathname: '/', search: '?status=failed&panel=x', hash: '' };
  written = [];
  const write =
    (/** @type {string} */ how) =>
    (/** @type {null} */ _state, /** @type {''} */ _title, url = '') => {
      written.push(`${how} ${url}`);
      address.search = url.slice(url.indexOf('?') === -1 ? url.length : url.indexOf('?'));
    };
  vi.stubGlobal('location', address);
  vi.stubGlobal('history', { pushState: write('push'), replaceState: write('replace') });
  vi.stubGlobal('addEventListener', (/** @type {string} */ _type, /** @type {() => void} */ listener) => {
    goBack = listener;
  });
  vi.stubGlobal('localStorage', { getItem: () => '100' });
});

afterEach(() => void vi.unstubAllGlobals());

it('shows what the address says, writes down what is chosen, and goes back', () => {
  const http = new FakePages();
  const table = new InstanceTable(http, (emit) => emit());
  followAddress(table, new AbortController().signal);
  expect(http.asked).toEqual([]);
  expect(table.state.get()).toMatchObject({ query: { statuses: ['failed'], sort: '-createdAt' }, size: 100 });

  void table.setQuery({ name: 'll' });
  void table.setQuery({ name: 'lla' });
  void table.setQuery({ sort: 'name' });
  void table.load();
  expect(written).toEqual([
    'replace /?status=failed&panel=x&name=ll',
    'replace /?status=failed&panel=x&name=lla',
    'push /?status=failed&panel=x&name=lla&sort=name',
  ]);

  address.search = '?name=lla';
  goBack();
  expect(table.state.get().query).toEqual({ statuses: [], region: '', name: 'lla', sort: '-createdAt' });
  expect(http.latest.path).toBe('/api/v1/instances?limit=100&name=lla&sort=-createdAt');
  expect(written).toHaveLength(3);
});
