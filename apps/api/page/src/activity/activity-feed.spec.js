import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { anEvent, eventsDown } from './activity.spec.fixture.js';
import { ActivityFeed } from './activity-feed.js';

const EVERYTHING = { kinds: [], search: '' };

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  vi.stubGlobal('document', { visibilityState: 'hidden', baseURI: 'https://fleet.example.com/' });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A service with events 0 to `latest`, and a stream of which the test makes the events. */
function aService(latest = 0) {
  /** @type {((type: string, data: unknown) => void)[]} */
  const listeners = [];
  /** @type {(() => void)[]} */
  const readers = [];
  const service = {
    latest,
    fails: false,
    /** Of those of a page, how many match. */
    holds: Number.POSITIVE_INFINITY,
    instances: /** @type {readonly string[]} */ ([]),
    paths: /** @type {string[]} */ ([]),
  };
  const get = async (/** @type {string} */ path) => {
    service.paths.push(path);
    if (service.fails) throw new Error('away');
    const url = new URL(path, 'https://fleet.example.com');
    if (url.pathname.endsWith('/instances')) {
      return { status: 200, headers: new Headers(), body: { instances: service.instances.map((id) => ({ id })) } };
    }
    const cursor = url.searchParams.get('cursor');
    const from = cursor === null ? service.latest : Number.parseInt(cursor, 10) - 1_001;
    const to = Math.max(0, from - Number(url.searchParams.get('limit')) + 1);
    const body = {
      events: from < 0 ? [] : eventsDown(from, to).slice(0, service.holds),
      nextCursor: to === 0 ? null : `${1_000 + to}-0`,
      lastEventId: `${1_000 + service.latest}-0`,
    };
    return { status: 200, headers: new Headers(), body };
  };
  return {
    service,
    /** Happens, and comes over the stream unless that is broken. @param {boolean} [isHeard] */
    happen: (isHeard = true) => {
      service.latest += 1;
      const event = anEvent(service.latest);
      if (isHeard) for (const listener of listeners) listener(event.type, event);
    },
    emit: (/** @type {string} */ type, /** @type {unknown} */ data) => {
      for (const listener of listeners) listener(type, data);
    },
    refresh: () => {
      for (const reader of readers) reader();
    },
    fleet: /** @type {ConstructorParameters<typeof ActivityFeed>[0]} */ (
      /** @type {unknown} */ ({
        http: { get },
        onEvent: (/** @type {typeof listeners[number]} */ listener) => listeners.push(listener),
        onRefresh: (/** @type {() => void} */ reader) => readers.push(reader),
      })
    ),
  };
}

/** @param {ActivityFeed} feed */
const numbers = (feed) => feed.log.events.map(({ id }) => Number.parseInt(id, 10) - 1_000);

/** @param {number} latest */
const downFrom = (latest, to = 0) => Array.from({ length: latest - to + 1 }, (_, index) => latest - index);

const settle = () => vi.advanceTimersByTimeAsync(0);

describe('the activity', () => {
  it('goes on after its first page with what the stream brings', async () => {
    const { fleet, happen } = aService(9);
    const feed = new ActivityFeed(fleet, EVERYTHING, new AbortController().signal);
    await feed.read();
    happen();
    happen();
    expect(numbers(feed)).toEqual(downFrom(11));
  });

  it('takes in what comes while the first page is on its way, once', async () => {
    const { fleet, happen } = aService(9);
    const feed = new ActivityFeed(fleet, EVERYTHING, new AbortController().signal);
    const reading = feed.read();
    happen();
    await reading;
    expect(numbers(feed)).toEqual(downFrom(10));
  });

  it('misses nothing that happened before a new stream began, and has nothing twice', async () => {
    const { fleet, happen, emit } = aService(9);
    const feed = new ActivityFeed(fleet, EVERYTHING, new AbortController().signal);
    await feed.read();
    for (let count = 0; count < 120; count++) happen(false);
    emit('connected', { type: 'connected' });
    happen();
    await settle();
    expect(numbers(feed)).toEqual(downFrom(130));
    emit('instance.ready', anEvent(130));
    expect(numbers(feed)).toEqual(downFrom(130));
  });

  it('begins anew after a long break, without a hole, and leads to the older ones', async () => {
    const { fleet, service, happen, refresh } = aService(9);
    const feed = new ActivityFeed(fleet, EVERYTHING, new AbortController().signal);
    await feed.read();
    for (let count = 0; count < 1_000; count++) happen(false);
    service.paths.length = 0;
    refresh();
    await settle();
    expect(service.paths).toHaveLength(4);
    expect(numbers(feed)).toEqual(downFrom(1_009, 810));
    await feed.readOlder();
    expect(numbers(feed)).toEqual(downFrom(1_009, 760));
  });

  it('keeps what it shows when it cannot be read, says so, and goes on later', async () => {
    const { fleet, service, happen } = aService(9);
    const feed = new ActivityFeed(fleet, EVERYTHING, new AbortController().signal);
    await feed.read();
    service.fails = true;
    await feed.read();
    expect(feed.state.get().problem).toBeInstanceOf(Error);
    expect(numbers(feed)).toEqual(downFrom(9));
    await expect(feed.readOlder()).rejects.toThrow('away');
    service.fails = false;
    happen(false);
    await feed.read();
    expect(feed.state.get().problem).toBeNull();
    expect(numbers(feed)).toEqual(downFrom(10));
  });

  it('takes only what its filter takes, and what the search finds', async () => {
    const { fleet, service, emit } = aService(0);
    service.instances = ['ins_5'];
    const feed = new ActivityFeed(fleet, { kinds: ['starts'], search: 'Name-7' }, new AbortController().signal);
    await feed.read();
    expect(service.paths[0]).toBe('/api/v1/instances?search=Name-7&status=all&limit=100');
    expect(service.paths[1]).toContain('instance=ins_5');
    for (const number of [5, 6, 7]) emit('instance.ready', anEvent(number));
    emit('instance.failed', anEvent(8, { type: 'instance.failed', instanceId: 'ins_5' }));
    emit('instance.updated', anEvent(9, { type: 'instance.updated', instanceId: 'ins_5' }));
    expect(numbers(feed)).toEqual([7, 5, 0]);
  });

  it('reads on when a page of its filter holds few', async () => {
    const { fleet, service } = aService(2_000);
    service.holds = 1;
    const feed = new ActivityFeed(fleet, EVERYTHING, new AbortController().signal);
    await feed.read();
    expect(service.paths).toHaveLength(3);
    await feed.readOlder();
    // Twenty would fill a screen; it gives up before for one press.
    expect(service.paths).toHaveLength(13);
    expect(feed.log.events).toHaveLength(13);
  });

  it('asks for nothing when nothing can match', async () => {
    const { fleet, service } = aService(5);
    const feed = new ActivityFeed(fleet, { kinds: ['syncs'], search: '' }, new AbortController().signal);
    await feed.follow({ kinds: ['syncs'], search: 'llama' });
    expect(service.paths.filter((path) => path.includes('/activity'))).toEqual([]);
    expect(feed.state.get().log?.events).toEqual([]);
  });

  it('forgets the answer to a filter that was left', async () => {
    const { fleet } = aService(5);
    const feed = new ActivityFeed(fleet, EVERYTHING, new AbortController().signal);
    const first = feed.read();
    const second = feed.follow({ kinds: ['stops'], search: '' });
    await Promise.all([first, second]);
    expect(numbers(feed)).toEqual(downFrom(5));
    expect(feed.state.get().changes).toBe(1);
  });
});
