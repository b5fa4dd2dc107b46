import { NewestRead } from '../net/http-client.js';
import { paced, Store } from '../ui/store.js';
import { pathOf, wantedTypes } from './activity-filter.js';
import { ActivityLog } from './activity-log.js';
import { isActivity, isOfInstance } from './event-kinds.js';

/**
 * @typedef {import('./activity-filter.js').ActivityFilter} ActivityFilter
 * @typedef {import('./activity-log.js').ActivityPage} ActivityPage
 * @typedef {import('./event-kinds.js').ActivityEvent} ActivityEvent
 *
 * @typedef {object} FeedState
 * @property {ActivityLog | null} log null before the first answer
 * @property {unknown} problem why the latest try failed; null when it did not
 * @property {number | null} readAtMs
 * @property {number} changes counts what the log has taken in, since the log itself stays the same object
 */

const PAGE = 50;

/** As many pages are read to close a gap; beyond, the list begins anew at the latest. */
const CATCH_UP_PAGES = 4;

/** A page of a filter may hold few: as many are read at once, until the list fills a screen. */
const FILL_PAGES = 3;
const OLDER_PAGES = 10;
const FILLED = 20;

/** As many instances the API takes in a filter. */
const MOST_INSTANCES = 100;

/** Several events that come together are drawn together. */
const DRAW_MS = 200;

const ID = /^ins_[0-9A-Z]{26}$/;

/**
 * What happens in the fleet, kept complete: read once, continued by the events of the page's stream, and read again when
 * events may have been missed.
 */
export class ActivityFeed {
  /**
   * @param {Pick<import('../fleet/fleet.js').Fleet, 'http' | 'onEvent' | 'onRefresh'>} fleet
   * @param {ActivityFilter} filter
   * @param {AbortSignal} signal of the view
   */
  constructor(fleet, filter, signal) {
    this.http = fleet.http;
    this.signal = signal;
    this.filter = filter;
    /** @type {Set<string>} */
    this.types = new Set(wantedTypes(filter));
    /** What the search finds; null without one. @type {readonly string[] | null} */
    this.instanceIds = null;
    this.log = new ActivityLog();
    this.newest = new NewestRead();
    this.state = new Store(
      /** @type {FeedState} */ ({ log: null, problem: null, readAtMs: null, changes: 0 }),
      paced(DRAW_MS),
    );
    fleet.onEvent((type, data) => this.onEvent(type, data), signal);
    fleet.onRefresh(() => void this.read(), signal);
  }

  /**
   * Shows other events from now on.
   *
   * @param {ActivityFilter} filter
   */
  follow(filter) {
    this.filter = filter;
    this.types = new Set(wantedTypes(filter));
    this.instanceIds = null;
    this.log = new ActivityLog();
    this.state.update((state) => ({ ...state, log: null, problem: null }));
    return this.read();
  }

  /**
   * @param {string} type
   * @param {unknown} data
   */
  onEvent(type, data) {
    // A new stream says nothing of what happened before it; one that goes on after a break repeats it.
    if (type === 'connected') void this.read();
    if (!isActivity(type, data) || !this.isWanted(data)) return;
    this.log.addLive(data);
    if (this.state.get().log !== null) this.changed();
  }

  /** @param {ActivityEvent} event */
  isWanted(event) {
    const { search } = this.filter;
    if (!this.types.has(event.type)) return false;
    if (search === '') return true;
    if (!isOfInstance(event)) return false;
    return (
      this.instanceIds?.includes(event.instanceId) === true ||
      event.instance?.name.toLowerCase().includes(search.toLowerCase()) === true
    );
  }

  changed() {
    this.state.update((state) => ({ ...state, log: this.log, changes: state.changes + 1 }));
  }

  /** Reads the latest events; a failure shows in the state, and it never throws. */
  async read() {
    if (this.signal.aborted) return;
    const { log } = this;
    const isNewest = this.newest.begin();
    const isVoid = () => this.signal.aborted || !isNewest() || log !== this.log;
    try {
      const pages = await this.latestPages(log);
      if (isVoid()) return;
      log.addLatest(pages);
      this.state.update((state) => ({
        ...state,
        log,
        problem: null,
        readAtMs: Date.now(),
        changes: state.changes + 1,
      }));
    } catch (error) {
      if (!isVoid()) this.state.update((state) => ({ ...state, problem: error }));
    }
  }

  /**
   * The latest events down to those that are known, a few pages at most.
   *
   * @param {ActivityLog} log
   */
  async latestPages(log) {
    this.instanceIds = await this.found();
    const pages = [await this.page(null)];
    while (log.completeUpTo === null ? isShort(pages) : pages.length < CATCH_UP_PAGES && !log.isReachedBy(pages)) {
      // Each page says where the next one begins.
      // oxlint-disable-next-line no-await-in-loop
      pages.push(await this.page(pages.at(-1)?.nextCursor ?? null));
    }
    return pages;
  }

  /** Reads older events, a screen of them if there are as many. @throws {import('../net/problem.js').ProblemError} */
  async readOlder() {
    const { log } = this;
    const before = log.events.length;
    for (let pages = 0; pages < OLDER_PAGES; pages++) {
      const cursor = log.nextCursor;
      // oxlint-disable-next-line no-await-in-loop
      const page = await this.page(cursor);
      if (this.signal.aborted || log !== this.log) return;
      // The list was cut or begun anew meanwhile: it goes on elsewhere now.
      if (log.nextCursor === cursor) log.addOlder(page);
      this.changed();
      if (log.nextCursor === null || log.events.length >= before + FILLED) return;
    }
  }

  /**
   * @param {string | null} cursor
   * @returns {Promise<ActivityPage>}
   */
  async page(cursor) {
    const isVoid = this.types.size === 0 || this.instanceIds?.length === 0;
    if (isVoid) return { events: [], nextCursor: null, lastEventId: '0-0' };
    const path = pathOf(this.filter, this.instanceIds, PAGE, cursor);
    return (await this.http.get(path, { signal: this.signal })).body;
  }

  /** The instances that the search finds; one that is gone is found by its id. */
  async found() {
    const { search } = this.filter;
    if (search === '') return null;
    if (ID.test(search)) return [search];
    const query = new URLSearchParams({ search, status: 'all', limit: String(MOST_INSTANCES) });
    const { body } = await this.http.get(`/api/v1/instances?${query}`, { signal: this.signal });
    return /** @type {readonly {readonly id: string}[]} */ (body.instances).map(({ id }) => id);
  }
}

/** Whether the pages that were read first fill no screen yet, although there are more. @param {readonly ActivityPage[]} pages */
function isShort(pages) {
  const found = pages.reduce((sum, { events }) => sum + events.length, 0);
  return pages.length < FILL_PAGES && found < FILLED && pages.at(-1)?.nextCursor !== null;
}
