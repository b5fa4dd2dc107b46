import {
  ChangeFeed,
  ChangeFeedModule,
  ChangeFeedView,
  IdleSettings,
  InstanceRecords,
  type InstanceStore,
  InstanceStoreModule,
  MemoryChangeFeed,
  type NovitaInstanceId,
  RecordSettings,
  RedisChangeFeed,
} from '@app/instance-store';
import { Clock, HealthIndicatorRegistry, loadSection, MetricsRegistry } from '@app/platform';
import {
  FleetId,
  IoRedisConnections,
  LockKeeper,
  LockLostError,
  MemoryLockKeeper,
  MemoryQuarantine,
  QuarantineHandlers,
  QuarantineReporter,
  RedisConnections,
  RedisLockKeeper,
  RedisReadiness,
  RedisSettings,
} from '@app/redis';
import { aNewInstance, FakeClock, startRedis, storeOf } from '@app/testing';
import { Global, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { expect, it, vi } from 'vitest';

const clock = new FakeClock();
const CLAIM = { owner: 'test', purpose: 'test', ttlMs: 60_000 };

async function moduleOn(
  connections: RedisConnections | null,
  locks: LockKeeper,
  follows = false,
): Promise<TestingModule> {
  @Global()
  @Module({
    providers: [
      MetricsRegistry,
      HealthIndicatorRegistry,
      { provide: Clock, useValue: clock },
      { provide: RedisSettings, useValue: loadSection(RedisSettings, { REDIS_KEY_PREFIX: 'module-under-test' }) },
      { provide: IdleSettings, useValue: loadSection(IdleSettings) },
      { provide: RecordSettings, useValue: loadSection(RecordSettings) },
      { provide: RedisConnections, useValue: connections },
      { provide: LockKeeper, useValue: locks },
      QuarantineHandlers,
      {
        provide: QuarantineReporter,
        useValue: new QuarantineReporter(new MemoryQuarantine(), clock, new MetricsRegistry()),
      },
      { provide: RedisReadiness, useValue: RedisReadiness.proven(new FleetId('test'), clock.timestamp()) },
    ],
    exports: [
      MetricsRegistry,
      HealthIndicatorRegistry,
      Clock,
      RedisSettings,
      IdleSettings,
      RecordSettings,
      RedisConnections,
      LockKeeper,
      QuarantineHandlers,
      QuarantineReporter,
      RedisReadiness,
    ],
  })
  class FakePlatformModule {}

  const module = await Test.createTestingModule({
    imports: [FakePlatformModule, follows ? ChangeFeedModule : InstanceStoreModule],
  }).compile();
  return module.init();
}

/** A write under a lock is taken while it is held and refused once it was released. */
async function proveFenced(store: InstanceStore, locks: LockKeeper): Promise<void> {
  const taken = await locks.acquire('sync', CLAIM);
  if (!taken.acquired) throw new Error('the lock is held already');
  const instances = [{ record: aNewInstance(), digest: '' }];
  expect(await store.records.insertMany(instances, taken)).toEqual([true]);
  await locks.release(taken.hold);
  await expect(store.records.insertMany(instances, taken)).rejects.toBeInstanceOf(LockLostError);
}

/** What one port writes, the others see. */
async function proveOneStore(store: InstanceStore): Promise<void> {
  const inserted = await store.records.insert(
    aNewInstance({
      status: 'ready',
      novitaInstanceId: 'n1' as NovitaInstanceId,
      deadlines: { purgeAt: clock.timestamp() },
    }),
  );
  if (inserted.outcome !== 'inserted') throw new Error('it is there already');
  const { id } = inserted.stored.record;
  expect(await store.digests.count()).toBe(1);
  expect(await store.deadlines.due('purgeAt', clock.timestamp(), 10)).toEqual([id]);
  expect(await store.idle.touch(id, clock.timestamp(), 'user:a')).toMatchObject({ moved: true });
  expect((await store.records.get(id))?.lastUsedAt).toBe(clock.timestamp());
  await store.audit.append([{ id, entry: { at: clock.timestamp(), kind: 'settings', by: 'user:a', reason: 'b' } }]);
  expect((await store.audit.entries(id, 10))[0]).toMatchObject({ kind: 'settings' });
  await store.spend.accrue(clock.timestamp(), AbortSignal.timeout(5_000));
  expect((await store.spend.read(0)).accruedAt).toBe(clock.timestamp());
}

it('keeps records in memory when no Redis is configured', async () => {
  const locks = new MemoryLockKeeper(clock);
  const module = await moduleOn(null, locks);
  const store = storeOf(module);
  await proveOneStore(store);
  expect((await store.records.counts()).byStatus.ready).toBe(1);
  await proveFenced(store, locks);
  await module.close();
});

it('follows, in memory, the events of the store', async () => {
  const module = await moduleOn(null, new MemoryLockKeeper(clock), true);
  expect(module.get(ChangeFeed)).toBeInstanceOf(MemoryChangeFeed);
  const view = module.get(ChangeFeedView);
  const heard = new Promise<string>((resolve) => {
    view.subscribe({
      entry: ({ entryId }) => resolve(entryId),
      lost: vi.fn<() => void>(),
      interrupted: vi.fn<() => void>(),
    });
  });
  await module.get(InstanceRecords).insert(aNewInstance());
  expect(await heard).toBe(await module.get(ChangeFeed).latestId());
  expect(view.position()).toBe(await heard);
  await module.close();
});

it('follows the configured Redis where somebody asks for it, and nowhere else, and ends at once', async () => {
  const server = await startRedis();
  const connections = new IoRedisConnections({ url: server.url, processName: 'test' });
  const readers = async (): Promise<number> =>
    ((await connections.commands.client('LIST')) as string).split('name=test-change-feed').length - 1;
  try {
    const locks = new RedisLockKeeper(connections, 'module-under-test');
    const [api, worker] = [await moduleOn(connections, locks, true), await moduleOn(connections, locks)];
    expect(worker.get(ChangeFeed)).toBeInstanceOf(RedisChangeFeed);
    await vi.waitFor(async () => expect(await readers()).toBe(1), { timeout: 5_000 });
    const view = api.get(ChangeFeedView);
    const heard = new Promise<string>((resolve) => {
      view.subscribe({
        entry: ({ entryId }) => resolve(entryId),
        lost: vi.fn<() => void>(),
        interrupted: vi.fn<() => void>(),
      });
    });
    await worker.get(InstanceRecords).insert(aNewInstance());
    expect(await heard).toBe(await worker.get(ChangeFeed).latestId());
    const began = performance.now();
    await api.close();
    // A reader that waits for its next entry would keep it for 15 s.
    expect(performance.now() - began).toBeLessThan(10_000);
    await vi.waitFor(async () => expect(await readers()).toBe(0), { timeout: 5_000 });
    await worker.close();
  } finally {
    await connections.close();
    await server.stop();
  }
});

it('keeps records in the configured Redis, under the configured prefix', async () => {
  const server = await startRedis();
  const connections = new IoRedisConnections({ url: server.url, processName: 'test' });
  try {
    const locks = new RedisLockKeeper(connections, 'module-under-test');
    const module = await moduleOn(connections, locks);
    const store = storeOf(module);
    await proveOneStore(store);
    expect(await connections.commands.exists('{module-under-test}:counts')).toBe(1);
    await proveFenced(store, locks);
    await module.close();
  } finally {
    await connections.close();
    await server.stop();
  }
});
