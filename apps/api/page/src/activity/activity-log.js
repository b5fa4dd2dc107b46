import { isOfInstance } from './event-kinds.js';

/**
 * @typedef {import('./event-kinds.js').ActivityEvent} ActivityEvent
 * @typedef {Pick<import('../net/api-types.js').ActivityView, 'events' | 'nextCursor' | 'lastEventId'>} ActivityPage
 */

/** As many the list holds while it grows by itself; who asks for older ones gets more. */
const MOST = 1_000;

/**
 * What happened, the latest first, each event once. Pages of the API and events of the stream may come in any order and
 * overlap: they are the same events by the same ids.
 */
export class ActivityLog {
  /** @param {number} [most] */
  constructor(most = MOST) {
    this.most = most;
    /** @type {readonly ActivityEvent[]} */
    this.events = [];
    /** Where older ones go on; null when none are kept. @type {string | null} */
    this.nextCursor = null;
    /** Down from this event nothing is missing, by what a page said; null before the first. @type {string | null} */
    this.completeUpTo = null;
  }

  /**
   * An event that has just happened, or comes again after the stream broke.
   *
   * @param {ActivityEvent} event
   */
  addLive(event) {
    const [latest] = this.events;
    if (latest === undefined || compareIds(event.id, latest.id) > 0) this.events = [event, ...this.events];
    else this.events = merged(this.events, [event]);
    this.cut();
  }

  /**
   * Whether pages that were read from the latest event downwards reach what is known already, so that nothing lies between.
   *
   * @param {readonly ActivityPage[]} pages
   */
  isReachedBy(pages) {
    const end = pages.at(-1)?.nextCursor ?? null;
    return this.completeUpTo === null || end === null || compareIds(end, this.completeUpTo) <= 0;
  }

  /**
   * Takes in pages that were read from the latest event downwards. When they do not reach what is known, that which is
   * older than they are is let go of: it can be asked for again, and a list with a hole cannot be told from one without.
   *
   * @param {readonly ActivityPage[]} pages at least one
   */
  addLatest(pages) {
    const [first] = pages;
    const end = pages.at(-1)?.nextCursor ?? null;
    if (first === undefined) return;
    const found = pages.flatMap(({ events }) => events);
    if (this.completeUpTo === null || !this.isReachedBy(pages)) {
      const newer = this.events.filter(({ id }) => end === null || compareIds(id, end) > 0);
      this.events = merged(newer, found);
      this.nextCursor = end;
    } else {
      this.events = merged(this.events, found);
    }
    this.completeUpTo = first.lastEventId;
    this.cut();
  }

  /**
   * Takes in the page that goes on at `nextCursor`.
   *
   * @param {ActivityPage} page
   */
  addOlder({ events, nextCursor }) {
    this.events = merged(this.events, events);
    this.nextCursor = nextCursor;
    this.most = Math.max(this.most, this.events.length);
  }

  /** The name of an instance by the latest event that knows it; for one that is gone its events do not. @param {string} instanceId */
  nameOf(instanceId) {
    for (const event of this.events) {
      if (isOfInstance(event) && event.instanceId === instanceId && event.instance !== undefined) {
        return event.instance.name;
      }
    }
    return null;
  }

  cut() {
    if (this.events.length <= this.most) return;
    this.events = this.events.slice(0, this.most);
    this.nextCursor = this.events.at(-1)?.id ?? null;
  }
}

/**
 * Each event once, the latest first.
 *
 * @param {readonly ActivityEvent[]} known
 * @param {readonly ActivityEvent[]} more
 */
function merged(known, more) {
  const byId = new Map([...more, ...known].map((event) => [event.id, event]));
  return [...byId.values()].sort((one, other) => compareIds(other.id, one.id));
}

/**
 * The order of events: an id is the milliseconds of its time and a number among those of the same one.
 *
 * @param {string} one
 * @param {string} other
 */
export function compareIds(one, other) {
  const [ms = 0, number = 0] = one.split('-').map(Number);
  const [otherMs = 0, otherNumber = 0] = other.split('-').map(Number);
  return ms - otherMs || number - otherNumber;
}
