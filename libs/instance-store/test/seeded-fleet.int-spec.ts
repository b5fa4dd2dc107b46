import {
  FollowingChangeFeed,
  type InstanceRecord,
  idWithoutStore,
  MemoryChangeFeed,
  MemoryReadMarks,
  type MemoryStore,
  memoryStore,
  StoreAvailability,
  StoreUnavailableError,
  type WatchCache,
} from '@app/instance-store';
import { aNewInstance, anInstance, FakeClock } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { at, insert, novitaId } from './harness.js';
import { type WatchedFleet, watchedFleet } from './watch-cache-harness.js';

/** A process that begins while its store is away, and shows other records until that has been read. */
describe('a fleet that is shown before the store was read', () => {
  let clock: FakeClock;
  let store: MemoryStore;
  let contact: StoreAvailability;
  let view: FollowingChangeFeed;
  let fleet: WatchedFleet;
  let cache: WatchCache;

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    clock = new FakeClock();
    const feed = new MemoryChangeFeed(clock);
    store = memoryStore(clock, { feed });
    const marks = new MemoryReadMarks(store.records, feed);
    vi.spyOn(feed, 'latestId').mockRejectedValue(AWAY);
    vi.spyOn(store.records, 'get').mockRejectedValue(AWAY);
    vi.spyOn(store.records, 'scan').mockRejectedValue(AWAY);
    vi.spyOn(marks, 'read').mockRejectedValue(AWAY);
    contact = new StoreAvailability(clock);
    view = new FollowingChangeFeed(feed, clock);
    fleet = watchedFleet({ store, marks, clock }, view, contact);
    ({ cache } = fleet);
    fleet.start();
    await view.onApplicationBootstrap();
    contact.refused();
  });
  afterEach(async () => {
    await fleet.stop();
    await contact.onApplicationShutdown();
    await view.onApplicationShutdown();
    vi.restoreAllMocks();
  });

  const AWAY = new StoreUnavailableError('away');
  const NOVITA = novitaId('seeded');
  const list = () => cache.list({ limit: 10, sort: 'name' });

  function seeded(overrides: Partial<InstanceRecord> = {}): InstanceRecord {
    return anInstance({ id: idWithoutStore(NOVITA), novitaInstanceId: NOVITA, name: 'seen', ...overrides });
  }

  it('is answered for by the id of Novita, as of the time of the listing', async () => {
    const waiting = list();
    expect(cache.wasRead).toBe(false);
    cache.seed([seeded()], at(5));
    expect((await waiting).instances).toMatchObject([{ record: { id: NOVITA, name: 'seen' } }]);
    expect(await list()).toMatchObject({ total: 1, behindSince: at(5) });
    expect(await cache.get(NOVITA)).toMatchObject({ record: { name: 'seen' }, behindSince: at(5) });
    expect(cache.storeAwaySince()).toBe(at(5));
    cache.seed([], at(6));
    expect(await list()).toMatchObject({ total: 0, behindSince: at(6) });
    expect(cache.wasRead).toBe(false);
  });

  it('keeps what was to be done with an instance until a listing agrees', async () => {
    const running = seeded({ status: 'running', desired: { state: 'running', at: at(5), by: 'sync' } });
    cache.seed([running], at(5));
    const desired = { state: 'stopped', at: at(6), by: 'user:ops' } as const;
    cache.assume({ ...running, desired, status: 'stopping', confirmedAt: null, revision: running.revision + 1 });

    cache.seed([{ ...running, observedAt: at(7) }], at(7));
    expect(cache.known(NOVITA)).toMatchObject({ desired, status: 'stopping', confirmedAt: null, observedAt: at(7) });
    // A listing that lacks it says nothing of it.
    cache.seed([], at(8));
    expect(cache.known(NOVITA)).toMatchObject({ desired, status: 'stopping' });

    const stopped = seeded({ status: 'stopped', desired: { state: 'stopped', at: at(9), by: 'sync' } });
    cache.seed([stopped], at(9));
    expect(cache.known(NOVITA)).toEqual(stopped);
    // Started at Novita's console since.
    cache.seed([{ ...running, observedAt: at(10) }], at(10));
    expect(cache.known(NOVITA)).toMatchObject({ desired: { state: 'running' }, status: 'running' });
  });

  it('makes room for the records once the store was read, and does not come back', async () => {
    cache.seed([seeded()], at(5));
    vi.restoreAllMocks();
    const record = await insert(store, { ...aNewInstance(), novitaInstanceId: NOVITA, name: 'stored' });
    await vi.waitFor(() => expect(cache.wasRead).toBe(true), 5_000);
    await vi.waitFor(async () => expect((await list()).behindSince).toBeNull(), 5_000);
    expect((await list()).instances.map((stored) => stored.record)).toEqual([record]);
    cache.seed([seeded({ name: 'late' })], at(9));
    expect((await list()).instances.map((stored) => stored.record)).toEqual([record]);
  });
});
