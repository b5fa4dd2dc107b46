import { CatalogueMirror } from '@app/catalogue-mirror';
import { type InstanceRecord, type InstanceStore, redisStore } from '@app/instance-store';
import { type Novita } from '@app/novita-client';
import { MetricsRegistry, ProcessIdentity, SystemClock } from '@app/platform';
import { IoRedisConnections, type LockHold, LockLostError, RedisLockKeeper } from '@app/redis';
import { RedisSyncStatusStore } from '@app/sync-status';
import { aNewInstance, type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CataloguePass } from '../src/catalogue/catalogue-pass.js';
import { NOVITA_SOURCE } from '../src/model/sync-run.js';
import { RedisRunNotes } from '../src/notes/redis-run-notes.js';
import { RunRecorder } from '../src/runner/run-record.js';
import { Cleanup, RunSteps } from '../src/runner/run-steps.js';
import { SyncLock, SyncRunner } from '../src/runner/sync-runner.js';
import { NextRunPlanner } from '../src/schedule/sync-jobs.js';
import { SyncMetrics } from '../src/status/sync-metrics.js';
import { FakeQueue } from './fakes/fake-queue.js';
import { anOrder, FakeLists, FakeMirror, FakePass, NEVER } from './fakes/run-world.js';

Logger.overrideLogger(false);

const TTL_MS = 600;

/** A keeper of a process that is cut off from Redis, or was paused: it renews nothing, and does not know it. */
class StalledKeeper extends RedisLockKeeper {
  override renew(): Promise<boolean> {
    return new Promise(() => undefined);
  }
}

let redis: RedisFixture;
let databases = 0;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describe('the lock of the sync, in Redis', () => {
  const clock = new SystemClock();
  let prefix: string;
  let connections: IoRedisConnections;
  let store: InstanceStore;
  let status: RedisSyncStatusStore;
  let notes: RedisRunNotes;
  let mirror: CatalogueMirror;

  beforeEach(() => {
    databases += 1;
    prefix = `lock${databases}`;
    connections = new IoRedisConnections({ url: redis.url, processName: 'test' });
    store = redisStore(connections.commands, clock, { keyPrefix: prefix });
    status = new RedisSyncStatusStore(NOVITA_SOURCE, connections, clock, { keyPrefix: prefix });
    notes = new RedisRunNotes(connections, prefix);
    mirror = new FakeMirror();
  });
  afterEach(() => connections.close());

  const runner = (pass: FakePass, Keeper: typeof RedisLockKeeper = RedisLockKeeper): SyncRunner => {
    const options = { lockTtlMs: TTL_MS, intervalMs: 60_000, automatic: false };
    const api: Novita = new FakeLists().api;
    const steps = new RunSteps(
      store.records,
      new Cleanup(store.records, store.deadlines, clock),
      new CataloguePass(api, mirror, clock),
      pass,
    );
    const planner = new NextRunPlanner(new FakeQueue(), clock, options);
    const metrics = new SyncMetrics(new MetricsRegistry());
    const identity = new ProcessIdentity('worker');
    const lock = new SyncLock(new Keeper(connections, prefix), clock, identity, options);
    return new SyncRunner(lock, steps, new RunRecorder(status, notes, planner, metrics, clock));
  };
  const aRecord = async (): Promise<InstanceRecord> => {
    const inserted = await store.records.insert(aNewInstance());
    if (inserted.outcome !== 'inserted') throw new Error('it is there already');
    return inserted.stored.record;
  };

  it('lets one of many runners in', async () => {
    const pass = new FakePass();
    const all = Promise.withResolvers<void>();
    pass.work = () => all.promise;
    const running = Array.from({ length: 8 }, () => {
      const outcome = runner(pass).run(anOrder(), NEVER);
      void outcome.then(({ kind }) => kind === 'busy' && (busy += 1));
      return outcome;
    });
    let busy = 0;
    await vi.waitUntil(() => busy === 7, { timeout: 5_000, interval: 5 });
    all.resolve();
    const kinds = (await Promise.all(running)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'ended')).toHaveLength(1);
    expect(await status.history(10)).toHaveLength(1);
  });

  it('outlives many lives of itself while the run goes on', async () => {
    const pass = new FakePass();
    const leases = new Set<unknown>();
    pass.work = async () => {
      await vi.waitUntil(
        async () => {
          leases.add((await status.read()).run.leaseUntil);
          return leases.size >= 10;
        },
        { timeout: 10_000, interval: 20 },
      );
    };
    expect((await runner(pass).run(anOrder(), NEVER)).kind).toBe('ended');
  });

  it('of a worker that was cut off goes to the next, and its late writes are refused', async () => {
    const record = await aRecord();
    const stalled = anOrder();
    const next = anOrder();
    const holds: LockHold[] = [];
    const refused: unknown[] = [];
    const pass = new FakePass();
    pass.work = async ({ hold, onProgress }) => {
      if (hold === null) throw new Error('no dry run');
      holds.push(hold);
      const following = new FakePass();
      following.work = async (context) => {
        if (context.hold !== null) holds.push(context.hold);
        // Both believe to hold the lock: the one that was cut off goes on where it was.
        onProgress(3, 3);
        const basis = { kind: 'command' } as const;
        refused.push(
          await store.records.write({ ...record, name: 'late' }, basis, { hold }).catch((error: unknown) => error),
        );
        refused.push(await store.records.remove(record.id, record.revision, { hold }).catch((error: unknown) => error));
        refused.push(await notes.putHeldIds(['x'], hold).catch((error: unknown) => error));
      };
      const second = await vi.waitUntil(
        async () => {
          const outcome = await runner(following).run(next, NEVER);
          return outcome.kind === 'ended' ? outcome : null;
        },
        { timeout: 5_000, interval: 20 },
      );
      expect(second.report.outcome).toBe('completed');
    };
    expect(await runner(pass, StalledKeeper).run(stalled, NEVER)).toEqual({ kind: 'interrupted', by: 'lost-lock' });

    expect(refused).toHaveLength(3);
    for (const error of refused) expect(error).toBeInstanceOf(LockLostError);
    const [old, young] = holds;
    expect(young?.fence).toBeGreaterThan(old?.fence ?? Number.POSITIVE_INFINITY);
    expect((await store.records.get(record.id))?.record).toEqual(record);
    expect((await status.read()).run).toMatchObject({ runId: next.runId, state: 'completed' });
    expect((await status.history(10)).map(({ runId, outcome }) => [runId, outcome])).toEqual([
      [next.runId, 'completed'],
      [stalled.runId, 'failed'],
    ]);
    const events = (await status.eventsAfter('0-0', 1_000)) ?? [];
    const begun = events.findIndex(({ run }) => run.runId === next.runId);
    expect(events.slice(begun).every(({ run }) => run.runId === next.runId)).toBe(true);
  });
});
