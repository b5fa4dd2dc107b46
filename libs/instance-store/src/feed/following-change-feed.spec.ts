import type { Timestamp } from '@app/platform';
import { aNewInstance, FakeClock } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FeedEntry } from '../change-feed.js';
import { MemoryChangeFeed } from '../memory/memory-change-feed.js';
import { type MemoryStore, memoryStore } from '../memory/memory-store.js';
import { StoreUnavailableError } from '../store-errors.js';
import type { FeedPiece } from './change-feed.port.js';
import type { FeedListener } from './change-feed-view.js';
import { FollowingChangeFeed } from './following-change-feed.js';

type Heard = readonly ['entry', string] | readonly ['lost', string] | readonly ['interrupted', Timestamp | null];

/** A feed that is away as often as it is told. */
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

  it('tells each listener of every entry in order, and remembers it', async () => {
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

  it('forgets what it remembers when entries may be lost, and tells where it goes on', async () => {
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

  it('does not keep the process from starting while the store is away, and tells of it once', async () => {
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

  it('tells of each interruption and of its end once', async () => {
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
