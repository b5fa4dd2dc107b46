import { FakeClock } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aRun, at, NOT_STARTED, NOVITA } from '../../test/fakes/a-run.js';
import { type SyncEvent, type SyncSnapshot, UNKNOWN_SYNC } from '../model/sync-status.js';
import { MemorySyncStatusStore } from '../store/memory-sync-status-store.js';
import { SyncStatusUnavailableError } from '../store/sync-status-store.js';
import { FollowingSyncStatusView } from './sync-status-view.js';

const HOLD = { name: 'sync', fence: 1, token: '1-a' };
const PAUSE = { since: at(0), by: 'user:ops' };

/** A store that is away as often as the test says. */
class WaveringStore extends MemorySyncStatusStore {
  failedReads = 0;
  failedWatches = 0;
  watchedFrom: string[] = [];

  constructor() {
    super(NOVITA, new FakeClock(), { locks: { holds: () => true }, feed: { emit: () => undefined } });
  }

  override read(): Promise<SyncSnapshot> {
    return this.failedReads-- > 0 ? Promise.reject(new SyncStatusUnavailableError('away')) : super.read();
  }

  override watch(eventId: string, signal: AbortSignal): AsyncIterable<readonly SyncEvent[]> {
    this.watchedFrom.push(eventId);
    if (this.failedWatches-- > 0) throw new SyncStatusUnavailableError('away');
    return super.watch(eventId, signal);
  }
}

describe('the copy of the status that a process keeps', () => {
  let store: WaveringStore;
  let view: FollowingSyncStatusView;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    store = new WaveringStore();
    view = new FollowingSyncStatusView(store);
  });
  afterEach(async () => {
    await view.onApplicationShutdown();
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  /** Lets what is under way in memory come to its end. */
  const settled = () => vi.advanceTimersByTimeAsync(0);

  it('is unknown until it has been read, and is not taken for that before the first run', async () => {
    expect(view.current()).toBe(UNKNOWN_SYNC);
    await view.onApplicationBootstrap();
    expect(view.current()).not.toBe(UNKNOWN_SYNC);
    expect(view.current()).toEqual({ run: NOT_STARTED, paused: null, eventId: '0-0' });
  });

  it('is what the store holds as soon as the process has started, and every event from there on', async () => {
    await store.publish('sync.started', aRun(), HOLD);
    await view.onApplicationBootstrap();
    const { eventId } = await store.read();
    expect(view.current()).toEqual({ run: aRun(), paused: null, eventId });
    expect(view.current()).toBe(view.current());
    await store.setPaused(PAUSE);
    await settled();
    expect(view.current()).toMatchObject({ run: aRun(), paused: PAUSE });
  });

  it('emits every event to each listener in order, after it shows the event itself', async () => {
    const received: [string, string][] = [];
    const hear = (who: string) => (event: SyncEvent) => {
      expect(view.current().eventId).toBe(event.id);
      received.push([who, event.type]);
    };
    const end = view.subscribe(hear('first'));
    view.subscribe(hear('second'));
    await view.onApplicationBootstrap();
    await store.setPaused(PAUSE);
    await store.setPaused(null);
    await settled();
    end();
    await store.publish('sync.started', aRun(), HOLD);
    await settled();
    expect(received).toEqual([
      ['first', 'sync.paused'],
      ['second', 'sync.paused'],
      ['first', 'sync.resumed'],
      ['second', 'sync.resumed'],
      ['second', 'sync.started'],
    ]);
  });

  it('is not hurt by a listener that throws, and says so', async () => {
    const error = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    const heard = vi.fn<() => void>();
    view.subscribe(() => {
      throw new Error('oops');
    });
    view.subscribe(heard);
    await view.onApplicationBootstrap();
    await store.setPaused(PAUSE);
    await store.setPaused(null);
    await settled();
    expect(heard).toHaveBeenCalledTimes(2);
    expect(error).toHaveBeenCalledTimes(2);
  });

  it('emits nothing that came before a listener, and nothing after it has ended', async () => {
    const late = vi.fn<() => void>();
    const ended = vi.fn<() => void>();
    let endOther: () => void = () => undefined;
    view.subscribe(() => {
      view.subscribe(late);
      endOther();
    });
    endOther = view.subscribe(ended);
    await view.onApplicationBootstrap();
    await store.setPaused(PAUSE);
    await settled();
    expect(late).not.toHaveBeenCalled();
    expect(ended).not.toHaveBeenCalled();
  });

  it('does not keep the process from starting while the store is away, says so once, and catches up', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    await store.publish('sync.started', aRun(), HOLD);
    store.failedReads = 3;
    const started = view.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(1_000);
    await started;
    expect(view.current()).toBe(UNKNOWN_SYNC);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(view.current().run).toEqual(aRun());
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('goes on from where it was when the following breaks off', async () => {
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    await store.setPaused(PAUSE);
    store.failedWatches = 1;
    await view.onApplicationBootstrap();
    await store.setPaused(null);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(view.current().paused).toBeNull();
    expect(store.watchedFrom[1]).toBe(store.watchedFrom[0]);
  });

  it('ends at once, also while the store is away', async () => {
    store.failedReads = Number.POSITIVE_INFINITY;
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const started = view.onApplicationBootstrap();
    await settled();
    await view.onApplicationShutdown();
    await started;
    expect(vi.getTimerCount()).toBe(0);
    await store.setPaused(PAUSE);
    expect(view.current().paused).toBeNull();
  });
});
