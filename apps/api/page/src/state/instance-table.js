import { withQuery } from '../http/http-client.js';
import { Store } from './store.js';

/**
 * @typedef {import('../http/api-types.js').Instance} Instance
 * @typedef {import('../http/api-types.js').InstanceStatus} InstanceStatus
 *
 * @typedef {object} TableQuery
 * @property {readonly InstanceStatus[]} statuses empty for all
 * @property {string} region empty for all
 * @property {string} name what names begin with; empty for all
 * @property {'-createdAt' | 'createdAt' | 'name' | '-name'} sort
 *
 * @typedef {object} TableState
 * @property {TableQuery} query
 * @property {readonly Instance[]} rows of the present page
 * @property {number | null} total null when counting would cost too much
 * @property {number} page from 0
 * @property {boolean} hasNext
 * @property {boolean} isLoading
 * @property {number} unseen changes since the page was loaded that may belong on it and are not shown
 * @property {unknown} problem why the page could not be loaded; null when it could
 * @property {boolean} isLoaded whether there was an answer yet
 * @property {string | null} asOf how old the picture of the page was when it was loaded: that of its oldest instance
 * @property {number | null} loadedAtMs when it was; null before the first answer
 */

const PAGE_SIZE = 50;

/** @type {TableQuery} */
export const DEFAULT_QUERY = { statuses: [], region: '', name: '', sort: '-createdAt' };

/** @type {TableState} */
const BEFORE_LOADED = {
  query: DEFAULT_QUERY,
  rows: [],
  total: null,
  page: 0,
  hasNext: false,
  isLoading: false,
  unseen: 0,
  problem: null,
  isLoaded: false,
  asOf: null,
  loadedAtMs: null,
};

/** One page of the fleet, kept up to date by what others tell of single instances. */
export class InstanceTable {
  /** @param {import('../http/http-client.js').HttpClient} http */
  constructor(http) {
    this.http = http;
    this.state = new Store(BEFORE_LOADED);
    /** Cursor of each page up to the one after the present one; the first has none. @type {(string | null)[]} */
    this.cursors = [null];
    /** @type {AbortController | null} */
    this.loading = null;
  }

  /** @param {Partial<TableQuery>} change */
  setQuery(change) {
    const state = this.state.get();
    this.cursors = [null];
    this.state.set({ ...state, query: { ...state.query, ...change }, page: 0 });
    return this.load();
  }

  nextPage() {
    const state = this.state.get();
    if (!state.hasNext) return Promise.resolve();
    this.state.set({ ...state, page: state.page + 1 });
    return this.load();
  }

  previousPage() {
    const state = this.state.get();
    if (state.page === 0) return Promise.resolve();
    this.state.set({ ...state, page: state.page - 1 });
    return this.load();
  }

  /** Reads the present page anew; a later call wins over one that is under way. */
  async load() {
    this.loading?.abort();
    const loading = new AbortController();
    this.loading = loading;
    const { query, page } = this.state.get();
    this.state.update((state) => ({ ...state, isLoading: true }));
    try {
      const path = withQuery('/api/v1/instances', {
        limit: PAGE_SIZE,
        cursor: this.cursors[page] ?? null,
        status: query.statuses.join(','),
        region: query.region,
        name: query.name,
        sort: query.sort,
      });
      const { body, headers } = await this.http.get(path, { signal: loading.signal });
      if (loading.signal.aborted) return;
      const answer = /** @type {import('../http/api-types.js').InstancePage} */ (body);
      this.cursors[page + 1] = answer.nextCursor;
      this.state.update((state) => ({
        ...state,
        rows: newest(answer.instances, state.rows),
        total: answer.total,
        hasNext: answer.nextCursor !== null,
        unseen: 0,
        isLoading: false,
        problem: null,
        isLoaded: true,
        asOf: headers.get('x-data-as-of'),
        loadedAtMs: Date.now(),
      }));
    } catch (error) {
      if (loading.signal.aborted) return;
      this.state.update((state) => ({ ...state, isLoading: false, problem: error }));
    }
  }

  /**
   * Takes in how an instance stands now, from an event or the answer to a command. An older revision changes nothing.
   *
   * @param {Instance} instance
   */
  take(instance) {
    const state = this.state.get();
    const place = state.rows.findIndex(({ id }) => id === instance.id);
    const shown = state.rows[place];
    if (shown !== undefined) {
      if (shown.revision > instance.revision) return;
      this.state.set({ ...state, rows: state.rows.with(place, instance) });
    } else if (matches(instance, state.query)) {
      this.takeNew(instance, state);
    }
  }

  /** @param {string} id */
  remove(id) {
    const state = this.state.get();
    const rows = state.rows.filter((row) => row.id !== id);
    if (rows.length === state.rows.length) return;
    this.state.set({ ...state, rows, total: state.total === null ? null : state.total - 1 });
  }

  /**
   * A new one is put in where it belongs when that is known for certain; else the page only says that there is more.
   *
   * @param {Instance} instance
   * @param {TableState} state
   */
  takeNew(instance, state) {
    const newestFirst = state.query.sort === '-createdAt' && state.page === 0;
    const first = state.rows[0];
    if (newestFirst && (first === undefined || instance.createdAt >= first.createdAt)) {
      const rows = [instance, ...state.rows];
      const overflow = rows.length > PAGE_SIZE;
      this.state.set({
        ...state,
        rows: rows.slice(0, PAGE_SIZE),
        hasNext: state.hasNext || overflow,
        total: state.total === null ? null : state.total + 1,
      });
      // The page after this one begins at another place by now, which only a reload tells.
      if (overflow) this.cursors.length = 1;
    } else {
      this.state.set({ ...state, unseen: state.unseen + 1 });
    }
  }
}

/**
 * An answer may have been under way while an event told something newer.
 *
 * @param {readonly Instance[]} rows
 * @param {readonly Instance[]} shown
 */
function newest(rows, shown) {
  const known = new Map(shown.map((row) => [row.id, row]));
  return rows.map((row) => {
    const other = known.get(row.id);
    return other !== undefined && other.revision > row.revision ? other : row;
  });
}

/**
 * @param {Instance} instance
 * @param {TableQuery} query
 */
export function matches(instance, { statuses, region, name }) {
  return (
    (statuses.length === 0 || statuses.includes(instance.status)) &&
    (region === '' || instance.region === region) &&
    instance.name.startsWith(name)
  );
}
