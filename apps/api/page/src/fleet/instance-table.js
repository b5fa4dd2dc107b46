import { paced, Store } from '../ui/store.js';
import { afterAnswer, afterEvent, compareInstances, hasFixedPlaces, matches, placeAmong } from './known-instance.js';
import { readPage } from './table-query.js';
import { BEFORE_LOADED, MOST_UNSEEN } from './table-state.js';

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 * @typedef {import('./known-instance.js').KnownInstance} KnownInstance
 * @typedef {import('./table-query.js').TableQuery} TableQuery
 * @typedef {import('./table-state.js').TableState} TableState
 * @typedef {import('./table-state.js').Shown} Shown
 *
 * @typedef {object} Loading what happens while an answer is under way, which may have been made before
 * @property {AbortController} abort
 * @property {Map<string, KnownInstance>} applied
 */

/** New rows between two loads, at most; a table that grows without end helps nobody. */
const MOST_ADDED = 50;
const REMEMBERED = 1_000;
const REDRAW_MS = 100;

/** After an event that leaves open when an instance will be stopped, the page is read again, but not more often. */
const READ_AGAIN_MS = 2_000;

/**
 * One page of the fleet, kept up to date by events and answers about single instances, in whatever order they come: the
 * higher revision wins, and what was removed stays away.
 */
export class InstanceTable {
  /**
   * @param {Pick<import('../net/http-client.js').HttpClient, 'get'>} http
   * @param {(emit: () => void) => void} [schedule] as of `Store`
   */
  constructor(http, schedule = paced(REDRAW_MS)) {
    this.http = http;
    this.state = new Store(BEFORE_LOADED, schedule);
    /** Where each page begins, up to the one after the present one. @type {{cursor: string | null, after: Instance | null}[]} */
    this.starts = [{ cursor: null, after: null }];
    /** @type {Loading | null} */
    this.loading = null;
    /** Places of the rows. @type {Map<string, number>} */
    this.places = new Map();
    /** @type {Latest<KnownInstance>} */
    this.known = new Latest(REMEMBERED);
    /** Revision at which it was removed. @type {Latest<number>} */
    this.gone = new Latest(REMEMBERED);
    /** Whether the rows are from before all was forgotten. */
    this.isForgotten = false;
    /** @type {Set<string>} */
    this.unseen = new Set();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.readAgain = undefined;
  }

  /**
   * Sets the query of the first load.
   *
   * @param {TableQuery} query
   * @param {number} size
   */
  begin(query, size) {
    this.state.update((state) => ({ ...state, query, size }));
  }

  /** @param {Partial<TableQuery>} change */
  setQuery(change) {
    return this.beginAgain({ query: { ...this.state.get().query, ...change } });
  }

  /** @param {number} size */
  setSize(size) {
    return this.beginAgain({ size });
  }

  /** @param {Partial<TableState>} change */
  beginAgain(change) {
    this.starts.length = 1;
    this.state.update((state) => ({ ...state, ...change, page: 0 }));
    return this.load();
  }

  nextPage() {
    const { hasNext, page } = this.state.get();
    return hasNext ? this.turnTo(page + 1) : Promise.resolve();
  }

  previousPage() {
    const { page } = this.state.get();
    return page > 0 ? this.turnTo(page - 1) : Promise.resolve();
  }

  /** @param {number} wanted */
  turnTo(wanted) {
    // The beginning of a page is known once the one before it was read; a quick second press does not wait for that.
    const page = Math.min(wanted, this.starts.length - 1);
    this.state.update((state) => ({ ...state, page }));
    return this.load();
  }

  /** Reads the present page anew; a later call wins over one that is under way. @returns {Promise<void>} */
  async load() {
    this.loading?.abort.abort();
    /** @type {Loading} */
    const loading = { abort: new AbortController(), applied: new Map() };
    this.loading = loading;
    const { query, page, size } = this.state.get();
    this.state.update((state) => ({ ...state, isLoading: true }));
    try {
      const cursor = this.starts[page]?.cursor ?? null;
      const answer = await readPage(this.http, { query, cursor, size }, loading.abort.signal);
      if (this.loading !== loading) return;
      this.loading = null;
      if (answer.instances.length === 0 && page > 0) await this.turnTo(page - 1);
      else this.show(answer, { query, page, size }, loading);
    } catch (error) {
      if (this.loading !== loading) return;
      this.loading = null;
      this.state.update((state) => ({ ...state, isLoading: false, problem: error }));
    }
  }

  /**
   * Applies an instance as an answer of the API has it.
   *
   * @param {Instance} instance
   */
  applyAnswer(instance) {
    this.accept(instance, afterAnswer);
  }

  /**
   * As `applyAnswer`, from an event, which does not say when an instance was used.
   *
   * @param {Instance} instance
   */
  applyEvent(instance) {
    this.accept(instance, afterEvent);
  }

  /**
   * Applies one of a list of all: one that is not shown changes nothing.
   *
   * @param {Instance} instance
   */
  applyListed(instance) {
    if (this.places.has(instance.id)) this.accept(instance, afterAnswer);
  }

  /**
   * @param {string} id
   * @param {number} [revision] at which it was removed; without it, whatever still comes of it is late
   */
  remove(id, revision = Number.POSITIVE_INFINITY) {
    this.gone.set(id, revision);
    this.known.delete(id);
    this.loading?.applied.delete(id);
    const state = this.state.get();
    const isUnseen = this.unseen.delete(id);
    if (!this.places.has(id)) {
      if (isUnseen) this.state.set({ ...state, unseen: this.unseen.size });
      return;
    }
    const rows = state.rows.filter((row) => row.id !== id);
    this.setRows(rows, { total: plus(state.total, -1) });
    // An empty page is no use while others are not empty.
    if (rows.length === 0 && this.loading === null && (state.page > 0 || state.hasNext)) {
      void this.turnTo(Math.max(0, state.page - 1));
    }
  }

  /** Nothing that came before counts any more: the next answer is applied as it is. */
  forget() {
    this.known.clear();
    this.gone.clear();
    this.loading?.applied.clear();
    this.isForgotten = true;
  }

  /**
   * @param {Instance} incoming
   * @param {(known: KnownInstance | undefined, incoming: Instance) => KnownInstance} merge
   */
  accept(incoming, merge) {
    if (this.isGone(incoming)) return;
    const known = this.knownOf(incoming.id);
    const now = merge(known, incoming);
    if (now === known) return;
    this.known.set(now.id, now);
    this.loading?.applied.set(now.id, now);
    this.put(now);
  }

  /** @param {string} id */
  knownOf(id) {
    const place = this.places.get(id);
    const row = place === undefined || this.isForgotten ? undefined : this.state.get().rows[place];
    return this.known.get(id) ?? row;
  }

  /** @param {Instance} incoming */
  isGone({ id, revision }) {
    const removedAt = this.gone.get(id);
    return removedAt !== undefined && revision <= removedAt;
  }

  /**
   * Shows how an instance stands now. A row that does not match any more stays until the next load, as one that vanishes
   * under the hand that reaches for it does harm; the view marks it.
   *
   * @param {KnownInstance} instance
   */
  put(instance) {
    const state = this.state.get();
    const place = this.places.get(instance.id);
    if (place !== undefined) {
      this.state.set({ ...state, rows: state.rows.with(place, instance) });
      if (instance.isUseUnknown === true) this.readAgainSoon();
    } else if (state.shown !== null && matches(instance, state.shown.query)) {
      this.putNew(instance, state, state.shown);
    }
  }

  /**
   * @param {KnownInstance} instance
   * @param {TableState} state
   * @param {Shown} shown
   */
  putNew(instance, state, shown) {
    if (belongsOn(shown, instance) && state.rows.length < shown.size + MOST_ADDED) {
      const place = placeAmong(state.rows, instance, shown.query.sort);
      this.setRows(state.rows.toSpliced(place, 0, instance), { total: plus(state.total, 1) });
      if (instance.isUseUnknown === true) this.readAgainSoon();
    } else if (this.unseen.size < MOST_UNSEEN && !this.unseen.has(instance.id)) {
      this.unseen.add(instance.id);
      this.state.set({ ...state, unseen: this.unseen.size });
    }
  }

  /**
   * @param {import('./table-query.js').ReadPage} answer
   * @param {Pick<Shown, 'query' | 'page' | 'size'>} asked
   * @param {Loading} loading
   */
  show(answer, asked, { applied }) {
    /** @type {Map<string, KnownInstance>} */
    const rows = new Map();
    for (const instance of answer.instances) {
      if (this.isGone(instance)) continue;
      const now = afterAnswer(this.knownOf(instance.id), instance);
      this.known.set(now.id, now);
      rows.set(now.id, now);
    }
    const last = answer.nextCursor === null ? null : (answer.instances.at(-1) ?? null);
    const shown = { ...asked, after: this.starts[asked.page]?.after ?? null, last };
    this.starts.length = asked.page + 1;
    if (answer.nextCursor !== null) this.starts.push({ cursor: answer.nextCursor, after: last });
    this.unseen.clear();
    this.isForgotten = false;
    this.setRows([...rows.values()], {
      total: plus(answer.total, rows.size - answer.instances.length),
      hasNext: answer.nextCursor !== null,
      unseen: 0,
      isLoading: false,
      problem: null,
      isLoaded: true,
      asOf: answer.asOf,
      loadedAtMs: Date.now(),
      shown,
    });
    // The answer may have been made before these were applied, and lack them.
    for (const instance of applied.values()) if (!rows.has(instance.id)) this.put(instance);
    if (this.state.get().rows.some((row) => row.isUseUnknown === true)) this.readAgainSoon();
  }

  /**
   * @param {readonly KnownInstance[]} rows
   * @param {Partial<TableState>} [change]
   */
  setRows(rows, change = {}) {
    this.places = new Map(rows.map(({ id }, place) => [id, place]));
    this.state.update((state) => ({ ...state, ...change, rows, unseen: this.unseen.size }));
  }

  readAgainSoon() {
    this.readAgain ??= setTimeout(() => {
      this.readAgain = undefined;
      const isWanted = this.state.get().rows.some((row) => row.isUseUnknown === true);
      if (isWanted && this.loading === null) void this.load();
      else if (isWanted) this.readAgainSoon();
    }, READ_AGAIN_MS);
  }
}

/**
 * Whether an instance lies between where the page began and where it ended when it was loaded.
 *
 * @param {Shown} shown
 * @param {Instance} instance
 */
function belongsOn({ query, after, last }, instance) {
  return (
    hasFixedPlaces(query) &&
    (after === null || compareInstances(after, instance, query.sort) < 0) &&
    (last === null || compareInstances(instance, last, query.sort) < 0)
  );
}

/**
 * @param {number | null} total
 * @param {number} change
 */
function plus(total, change) {
  return total === null ? null : Math.max(0, total + change);
}

/**
 * A map that forgets what was set longest ago.
 *
 * @template Value
 * @extends {Map<string, Value>}
 */
class Latest extends Map {
  /** @param {number} limit */
  constructor(limit) {
    super();
    this.limit = limit;
  }

  /**
   * @override
   * @param {string} key
   * @param {Value} value
   */
  set(key, value) {
    this.delete(key);
    super.set(key, value);
    const [oldest] = this.keys();
    if (this.size > this.limit && oldest !== undefined) this.delete(oldest);
    return this;
  }
}
