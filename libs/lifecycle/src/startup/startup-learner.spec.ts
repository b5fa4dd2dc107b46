import { type InstanceRecord, memoryStore } from '@app/instance-store';
import { loadSection, MINUTE_MS } from '@app/platform';
import { MemoryLeaseKeeper } from '@app/redis';
import { aNewInstance, FakeClock, type InstanceOverrides } from '@app/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { LifecycleSettings } from '../reconcile/lifecycle.settings.js';
import { StartupLearner } from './startup-learner.js';
import { MemoryStartupTimes } from './startup-times.js';
import { bookmarkText, readBookmark } from './startups-in-feed.js';

/** Another round than the one before. */
const A_ROUND_MS = 30_000;

describe('StartupLearner', () => {
  let clock: FakeClock;
  let store: ReturnType<typeof memoryStore>;
  let times: MemoryStartupTimes;
  let learner: StartupLearner;

  const learnerOver = (leases: MemoryLeaseKeeper) => {
    const settings = loadSection(LifecycleSettings, { INSTANCE_STARTUP_TIMEOUT: '10m' });
    return new StartupLearner(store.feed, times, leases, settings);
  };

  beforeEach(() => {
    clock = new FakeClock();
    store = memoryStore(clock);
    times = new MemoryStartupTimes();
    learner = learnerOver(new MemoryLeaseKeeper(clock));
  });

  async function learn(): Promise<number | null> {
    clock.advance(A_ROUND_MS);
    return learner.learn();
  }

  async function write(record: InstanceRecord): Promise<InstanceRecord> {
    const result = await store.records.write(record, { kind: 'command' }, { reason: 'test' });
    if (result.outcome !== 'written') throw new Error(result.outcome);
    return result.stored.record;
  }

  const asReady = (record: InstanceRecord): InstanceRecord => ({
    ...record,
    status: 'ready',
    timestamps: { ...record.timestamps, ready: clock.timestamp() },
  });

  /** Creates an instance that is ready after so many minutes. */
  async function startUp(minutes: number, overrides: InstanceOverrides = {}): Promise<InstanceRecord> {
    const desired = { state: 'running', at: clock.timestamp(), by: 'user:ci' } as const;
    const attempts = { creates: 1, commands: 0, lastCommandAt: null, faults: 0, openCreate: null };
    const inserted = await store.records.insert(aNewInstance({ desired, attempts, ...overrides }));
    if (inserted.outcome !== 'inserted') throw new Error(inserted.outcome);
    clock.advance(minutes * MINUTE_MS);
    return write(asReady(inserted.stored.record));
  }

  const seconds = async (): Promise<readonly number[]> => (await times.all()).flatMap((known) => known.seconds);

  it('keeps how long each start-up took, of each product and image', async () => {
    await startUp(4);
    await startUp(3);
    await startUp(9, { spec: { image: 'larger:1' } });
    expect(await learn()).toBe(3);
    expect((await times.all()).map((known) => known.seconds)).toEqual([[240, 180], [540]]);
  });

  it('learns nothing twice: not in another round, and not when an instance is ready again', async () => {
    const record = await startUp(4);
    expect(await learn()).toBe(1);
    expect(await learn()).toBe(0);
    const relapsed = await write({ ...record, status: 'running' });
    clock.advance(MINUTE_MS);
    await write(asReady(relapsed));
    await learn();
    expect(await seconds()).toEqual([240]);
  });

  it('knows a start from a restart, also when another worker learns of its end', async () => {
    const created = await startUp(4);
    const stopped = await write({ ...created, status: 'stopped' });
    const running = { state: 'running', at: clock.timestamp(), by: 'user:ci' } as const;
    const attempts = { ...created.attempts, creates: 0, commands: 0 };
    const starting = await write({ ...stopped, status: 'starting', desired: running, attempts });
    expect(await learn()).toBe(1);
    clock.advance(MINUTE_MS / 2);
    learner = learnerOver(new MemoryLeaseKeeper(clock));
    const started = await write(asReady({ ...starting, attempts: { ...attempts, commands: 1 } }));
    expect(await learn()).toBe(1);
    const asked = { ...running, at: clock.timestamp() };
    const restarting = await write({ ...started, status: 'restarting', desired: asked, attempts });
    const comingUp = { ...restarting, status: 'starting', attempts: { ...attempts, commands: 1 } } as const;
    clock.advance(MINUTE_MS);
    await write(asReady(await write(comingUp)));
    expect(await learn()).toBe(0);
    expect(await seconds()).toEqual([240, 60]);
  });

  it('is done by one worker at a time, and by another when that one has stopped', async () => {
    const leases = new MemoryLeaseKeeper(clock);
    const [one, other] = [learnerOver(leases), learnerOver(leases)];
    await startUp(4);
    expect([await one.learn(), await other.learn()]).toEqual([1, null]);
    await startUp(5);
    clock.advance(A_ROUND_MS);
    expect([await other.learn(), await one.learn()]).toEqual([1, null]);
    expect(await seconds()).toEqual([240, 300]);
  });

  it('counts nothing twice when two workers learn at once', async () => {
    await startUp(4);
    const apart = [learnerOver(new MemoryLeaseKeeper(clock)), learnerOver(new MemoryLeaseKeeper(clock))];
    await Promise.all(apart.map((worker) => worker.learn()));
    expect(await seconds()).toEqual([240]);
  });

  it('reads on through more entries than one batch holds', async () => {
    let record = await startUp(4);
    for (let n = 0; n < 1_100; n++) record = await write({ ...record, name: `n${n}` });
    await startUp(5);
    expect(await learn()).toBe(2);
    expect(readBookmark(await times.bookmark()).position).toBe(await store.feed.latestId());
  });

  it('goes on after what the feed has lost', async () => {
    await startUp(4);
    await learn();
    await startUp(7);
    const to = bookmarkText({ position: `${clock.now() + MINUTE_MS}-0`, starting: [] });
    await times.record([], { from: await times.bookmark(), to });
    expect(await learn()).toBe(0);
    await startUp(5);
    expect(await learn()).toBe(1);
    expect(await seconds()).toEqual([240, 300]);
  });
});
