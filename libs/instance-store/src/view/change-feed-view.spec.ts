import type { Timestamp } from '@app/platform';
import { aNewInstance, FakeClock } from '@app/testing';
import { Logger } from '@nestjs/common';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryChangeFeed } from '../memory/memory-change-feed.js';
import { type MemoryStore, memoryStore } from '../memory/memory-store.js';
import type { FeedEntry, FeedPiece } from '../ports/change-feed.port.js';
import { StoreUnavailableError } from '../ports/store-errors.js';
import { type FeedListener, FollowingChangeFeed, RecentEntries } from './change-feed-view.js';

type Heard = readonly ['entry', string] | readonly ['lost', string] | readonly ['interrupted', Timestamp | null];

/** A feed that is away as often as a test says. */
class WaveringFeed extends MemoryChangeFeed {
  failedReads = 0;
  failedWatches = 0;
  readonly watchedFrom: string[] = [];
  interrupt: (isInterrupted: boolean) => void = () => undefined;

  override latestId(): Promise<string> {
    return this.failedReads-- > 0 ? Promise.reject(new StoreUnavailableError('away')) : super.latestId();
  }

  latest(): Promise<string> {
    return super.latestId();
  }

  override watch(
    entryId: string,
    signal: AbortSignal,
    onInterruption: (isInterrupted: boolean) => void = () => undefined,
  ): AsyncIterable<FeedPiece> {
    this.watchedFrom.push(entryId);
    this.interrupt = onInterruption;
    if (this.failedWatches-- > 0) throw new StoreUnavailableError('away');
    return super.watch(entryId, signal);
  }
}

class Recorder implements FeedListener {
  readonly heard: Heard[] = [];

  entry({ entryId }: FeedEntry): void {
    this.heard.push(['entry', entryId]);
  }

  lost(position: string): void {
    this.heard.push(['lost', position]);
  }

  interrupted(since: Timestamp | null): void {
    this.heard.push(['interrupted', since]);
  }
}

describe('the feed as a process follows it', () => {
  let clock: FakeClock;
  let feed: WaveringFeed;
  let store: MemoryStore;
  let view: FollowingChangeFeed;
  let listener: Recorder;
  let warn: ReturnType<typeof vi.spyOn>;

  const begin = (limit?: number): void => {
    clock = new FakeClock();
    feed = new WaveringFeed(clock, limit);
    store = memoryStore(clock, { feed });
    view = new FollowingChangeFeed(feed, clock);
    listener = new Recorder();
  };
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    begin();
  });
  afterEach(async () => {
    await view.onApplicationShutdown();
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  /** Lets what is under way in memory come to its end. */
  const settled = () => vi.advanceTimersByTimeAsync(0);
  const insert = async (): Promise<string> => {
    clock.advance(1);
    await store.records.insert(aNewInstance());
    return feed.latest();
  };

  it('begins after the latest entry, with nothing remembered', async () => {
    const first = await insert();
    const second = await insert();
    expect([view.position(), view.recent('0-0', 10)]).toEqual(['0-0', null]);
    await view.onApplicationBootstrap();
    expect([view.position(), view.interruptedSince()]).toEqual([second, null]);
    expect(view.recent(first, 10)).toBeNull();
    expect(view.recent(second, 10)).toEqual([]);
  });

  it('calls each listener for every entry in order, and remembers it', async () => {
    await view.onApplicationBootstrap();
    const end = view.subscribe(listener);
    const late = new Recorder();
    const first = await insert();
    await settled();
    view.subscribe(late);
    const second = await insert();
    await settled();
    end();
    const third = await insert();
    await settled();
    expect(listener.heard).toEqual([
      ['entry', first],
      ['entry', second],
    ]);
    expect(late.heard).toEqual([
      ['entry', second],
      ['entry', third],
    ]);
    expect(view.position()).toBe(third);
    expect(view.recent('0-0', 10)).toEqual(await feed.after('0-0', 10));
    expect(view.recent(first, 1)).toEqual(await feed.after(first, 1));
  });

  it('is not hurt by a listener that throws, and says so', async () => {
    const error = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    await view.onApplicationBootstrap();
    view.subscribe(
      Object.assign(new Recorder(), {
        entry: () => {
          throw new Error('oops');
        },
      }),
    );
    view.subscribe(listener);
    const id = await insert();
    await settled();
    expect(listener.heard).toEqual([['entry', id]]);
    expect(error).toHaveBeenCalledTimes(1);
  });

  it('forgets what it remembers when entries may be lost, and reports where it goes on', async () => {
    begin(10);
    const known = await insert();
    await view.onApplicationBootstrap();
    view.subscribe(listener);
    // All at once, so that the reader comes too late.
    const writes = Array.from({ length: 200 }, () => store.records.insert(aNewInstance()));
    await Promise.all(writes);
    await settled();
    const [lost] = listener.heard;
    expect(lost).toEqual(['lost', view.position()]);
    expect(view.recent(known, 10)).toBeNull();
    expect(view.recent(view.position(), 10)).toEqual([]);
    const next = await insert();
    await settled();
    expect(listener.heard.at(-1)).toEqual(['entry', next]);
  });

  it('does not keep the process from starting while the store is away, and reports it once', async () => {
    const missed = await insert();
    feed.failedReads = 3;
    view.subscribe(listener);
    const since = clock.timestamp();
    const started = view.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(1_000);
    await started;
    expect([view.position(), view.interruptedSince()]).toEqual(['0-0', since]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(view.interruptedSince()).toBeNull();
    expect(listener.heard).toEqual([
      ['interrupted', since],
      ['interrupted', null],
      ['lost', missed],
    ]);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('reports each interruption and its end once', async () => {
    await view.onApplicationBootstrap();
    await settled();
    view.subscribe(listener);
    clock.advance(7);
    const since = clock.timestamp();
    feed.interrupt(true);
    feed.interrupt(true);
    expect(view.interruptedSince()).toBe(since);
    clock.advance(7);
    feed.interrupt(false);
    feed.interrupt(false);
    expect(view.interruptedSince()).toBeNull();
    expect(listener.heard).toEqual([
      ['interrupted', since],
      ['interrupted', null],
    ]);
  });

  it('goes on from where it was when the following breaks off', async () => {
    const first = await insert();
    feed.failedWatches = 1;
    await view.onApplicationBootstrap();
    await settled();
    view.subscribe(listener);
    expect(view.interruptedSince()).not.toBeNull();
    const second = await insert();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(listener.heard).toEqual([
      ['interrupted', null],
      ['entry', second],
    ]);
    expect(feed.watchedFrom).toEqual([first, first]);
  });

  it('ends at once, also while the store is away', async () => {
    feed.failedReads = Number.POSITIVE_INFINITY;
    const started = view.onApplicationBootstrap();
    await settled();
    await view.onApplicationShutdown();
    await started;
    expect(vi.getTimerCount()).toBe(0);
  });
});

const entry = (n: number) => ({ entryId: `${n}-0` }) as FeedEntry;
const ids = (entries: readonly FeedEntry[] | null) => entries?.map(({ entryId }) => entryId) ?? null;

describe('the latest entries', () => {
  it('are unknown until it is known where they begin', () => {
    const recent = new RecentEntries();
    expect(recent.after('0-0', 10)).toBeNull();
    recent.restart('0-0');
    expect(recent.after('0-0', 10)).toEqual([]);
  });

  it('come after the one that is named, no more than asked for', () => {
    const recent = new RecentEntries();
    recent.restart('5-0');
    for (let n = 6; n <= 10; n++) recent.add(entry(n));
    expect(ids(recent.after('5-0', 2))).toEqual(['6-0', '7-0']);
    expect(ids(recent.after('8-0', 10))).toEqual(['9-0', '10-0']);
    expect(recent.after('10-0', 10)).toEqual([]);
    expect(recent.after('8-0', 0)).toEqual([]);
  });

  it.each(['4-0', '11-0', '8-1', '', 'x'])('are unknown after %j, which is none of them', (id) => {
    const recent = new RecentEntries();
    recent.restart('5-0');
    for (let n = 6; n <= 10; n++) recent.add(entry(n));
    expect(recent.after(id, 10)).toBeNull();
  });

  it('are bounded, and whole after the last one that was forgotten', () => {
    const recent = new RecentEntries(100);
    recent.restart('0-0');
    for (let n = 1; n <= 1_000; n++) recent.add(entry(n));
    const oldest = Array.from({ length: 1_001 }, (_, n) => n).find((n) => recent.after(`${n}-0`, 1) !== null) ?? 0;
    expect(1_000 - oldest).toBeGreaterThanOrEqual(100);
    expect(1_000 - oldest).toBeLessThanOrEqual(300);
    expect(ids(recent.after(`${oldest}-0`, 1_000))).toEqual(
      Array.from({ length: 1_000 - oldest }, (_, n) => `${oldest + n + 1}-0`),
    );
  });

  it('are forgotten when it begins anew', () => {
    const recent = new RecentEntries();
    recent.restart('5-0');
    recent.add(entry(6));
    recent.restart('9-0');
    expect([recent.after('5-0', 1), recent.after('6-0', 1)]).toEqual([null, null]);
    recent.add(entry(10));
    expect(ids(recent.after('9-0', 1))).toEqual(['10-0']);
  });

  it('report all that came after an entry or nothing, and always the latest hundred', () => {
    const step = fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 1, max: 90 }) },
      { weight: 1, arbitrary: fc.constant('begin anew' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const recent = new RecentEntries(100);
        let emitted: string[] = [];
        let n = 0;
        for (const each of ['begin anew' as const, ...steps]) {
          if (each === 'begin anew') {
            n += 7;
            emitted = [`${n}-0`];
            recent.restart(`${n}-0`);
          } else {
            for (let i = 0; i < each; i++) {
              n += 1;
              emitted.push(`${n}-0`);
              recent.add(entry(n));
            }
          }
        }
        for (let at = 0; at <= n + 1; at++) {
          const place = emitted.indexOf(`${at}-0`);
          const after = ids(recent.after(`${at}-0`, 10_000));
          if (place === -1) expect(after).toBeNull();
          else if (place >= emitted.length - 101 || after !== null) expect(after).toEqual(emitted.slice(place + 1));
        }
      }),
      { numRuns: 50 },
    );
  });
});
