import type { InstanceId } from '@app/instance-store';
import { RECONCILE_INSTANCE } from '@app/jobs';
import { MetricsRegistry, timestampFromMs } from '@app/platform';
import { FleetId, LeaseKeeper, RedisReadiness } from '@app/redis';
import { anInstance, FakeClock } from '@app/testing';
import { Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeQueue } from '../../test/fakes/fake-queue.js';
import { at, NOW } from '../../test/fakes/observations.js';
import { TestStore } from '../../test/fakes/test-store.js';
import { LifecycleMetrics } from '../reconcile/reconcile-metrics.js';
import { DeadlineSweeper, SweepTimer } from './deadline-sweeper.js';
import { LostJobs } from './lost-jobs.js';

beforeAll(() => Logger.overrideLogger(false));

class FakeLeases extends LeaseKeeper {
  free = true;

  override tryAcquire(): Promise<boolean> {
    return Promise.resolve(this.free);
  }
}

function setUp() {
  const clock = new FakeClock(NOW);
  const store = new TestStore(clock);
  const queue = new FakeQueue();
  const leases = new FakeLeases();
  const registry = new MetricsRegistry();
  const metrics = new LifecycleMetrics(registry, 600_000);
  const lostJobs = new LostJobs(store.records, queue, store.audit, clock, metrics);
  const options = { intervalMs: 15_000 };
  const sweeper = new DeadlineSweeper(store.records, store.deadlines, lostJobs, leases, clock, options);
  const valueOf = async (name: string, deadline: string) =>
    (await registry.getSingleMetric(name)?.get())?.values.find(({ labels }) => labels['deadline'] === deadline)?.value;
  return { store, queue, leases, sweeper, lostJobs, valueOf };
}

describe('DeadlineSweeper', () => {
  it('enqueues what is overdue and has no job, once, and counts it', async () => {
    const { store, queue, sweeper, valueOf } = setUp();
    const lost = anInstance({ deadlines: { nextReconcileAt: at(-10), startupBy: at(-10) } });
    const waiting = anInstance({ deadlines: { nextReconcileAt: at(-10) } });
    const beingWritten = anInstance({ deadlines: { nextReconcileAt: at(-1) } });
    for (const record of [lost, waiting, beingWritten]) store.put(record);
    queue.pending.add(RECONCILE_INSTANCE.coalescingKey({ instanceId: waiting.id }));

    expect(await sweeper.sweep()).toEqual({ repaired: 1, purged: 0, unconfirmed: 0 });
    expect(queue.enqueued).toEqual([{ job: 'RECONCILE_INSTANCE', payload: { instanceId: lost.id }, delayMs: 0 }]);
    const metric = 'novita_fleet_overdue_without_job_total';
    expect([await valueOf(metric, 'startup'), await valueOf(metric, 'reconcile')]).toEqual([1, 0]);
    const repairsOf = async (id: InstanceId) =>
      (await store.audit.entries(id, 10)).filter(({ kind }) => kind === 'repair');
    expect(await repairsOf(lost.id)).toEqual([
      expect.objectContaining({
        kind: 'repair',
        by: 'lifecycle',
        at: at(0),
        reason: expect.stringContaining('start-up'),
      }),
    ]);
    expect(await repairsOf(waiting.id)).toEqual([]);
  });

  it('enqueues what ends a bill as urgent', async () => {
    const { store, queue, sweeper } = setUp();
    const deadlines = { nextReconcileAt: at(-10) };
    const by = { at: at(-60), by: 'user:ci' } as const;
    const stopping = anInstance({ status: 'stopping', desired: { state: 'stopped', ...by }, deadlines });
    const running = anInstance({ status: 'running', deadlines });
    const confirmed = anInstance({ desired: { state: 'stopped', ...by }, confirmedAt: at(-5), deadlines });
    for (const record of [running, stopping, confirmed]) store.put(record);
    await sweeper.sweep();
    expect(queue.enqueued).toHaveLength(3);
    expect(queue.urgent).toEqual([{ instanceId: stopping.id }]);
  });

  it('distinguishes a lost observation from a lost end of a start-up', async () => {
    const { store, sweeper, valueOf } = setUp();
    const lost = anInstance({ deadlines: { nextReconcileAt: at(-10) } });
    store.put(lost);
    await sweeper.sweep();
    expect(await valueOf('novita_fleet_overdue_without_job_total', 'reconcile')).toBe(1);
    const [entry] = await store.audit.entries(lost.id, 1);
    expect(entry?.reason).toContain('its next observation was overdue');
  });

  it('finds an instance whose lifetime is over, whatever else is to come of it', async () => {
    const { store, queue, sweeper, valueOf } = setUp();
    const over = { status: 'ready', maxLifetimeMinutes: 1, timestamps: { created: at(-70) } } as const;
    const lost = anInstance({ ...over, deadlines: { nextReconcileAt: at(3_600) } });
    const stopped = anInstance({
      ...over,
      status: 'stopped',
      desired: { state: 'stopped', at: at(-5), by: 'console' },
    });
    for (const record of [lost, stopped, anInstance({ ...over, maxLifetimeMinutes: 2 })]) store.put(record);
    expect(await sweeper.sweep()).toMatchObject({ repaired: 1 });
    expect(queue.enqueued).toMatchObject([{ payload: { instanceId: lost.id } }]);
    expect(await valueOf('novita_fleet_overdue_without_job_total', 'lifetime')).toBe(1);
  });

  it('takes a job that is delayed for the end of a lifetime for none of a stop that is due now', async () => {
    const { store, queue, sweeper } = setUp();
    const stopped = anInstance({ maxLifetimeMinutes: 7_200, deadlines: { nextReconcileAt: at(-10) } });
    const retried = anInstance({ deadlines: { nextReconcileAt: at(-10) } });
    for (const [record, delayMs] of [
      [stopped, 432_000_000],
      [retried, 30_000],
    ] as const) {
      store.put(record);
      queue.pending.add(RECONCILE_INSTANCE.coalescingKey({ instanceId: record.id }));
      queue.delayedTo.set(RECONCILE_INSTANCE.coalescingKey({ instanceId: record.id }), NOW + delayMs);
    }
    expect(await sweeper.sweep()).toMatchObject({ repaired: 1 });
    expect(queue.enqueued).toMatchObject([{ payload: { instanceId: stopped.id } }]);
  });

  it('repairs nothing for a record that is gone, or for an end of a lifetime that an index only remembers', async () => {
    const { store, queue, lostJobs } = setUp();
    const [gone, kept] = [anInstance(), anInstance({ maxLifetimeMinutes: null })];
    store.put(kept);
    expect(await lostJobs.enqueue([gone.id], 'reconcile')).toEqual([]);
    expect(await lostJobs.enqueue([kept.id], 'lifetime')).toEqual([]);
    expect(await lostJobs.enqueue([gone.id, kept.id], 'reconcile')).toEqual([kept.id]);
    expect(queue.enqueued).toMatchObject([{ payload: { instanceId: kept.id } }]);
  });

  it('enters the repairs of one sweep in 200 audit logs at most', async () => {
    const { store, queue, sweeper } = setUp();
    const lost = Array.from({ length: 201 }, () => anInstance({ deadlines: { nextReconcileAt: at(-10) } }));
    for (const record of lost) store.put(record);
    await sweeper.sweep();
    expect(queue.enqueued).toHaveLength(201);
    const auditLogs = await Promise.all(lost.map(({ id }) => store.audit.entries(id, 1)));
    expect(auditLogs.filter(([latest]) => latest?.kind === 'repair')).toHaveLength(200);
  });

  it('finds what is lost behind a thousand that only wait for their turn', async () => {
    const { store, queue, sweeper } = setUp();
    const waiting = Array.from({ length: 1_000 }, () => anInstance({ deadlines: { nextReconcileAt: at(-60) } }));
    for (const record of waiting) {
      store.put(record);
      queue.pending.add(RECONCILE_INSTANCE.coalescingKey({ instanceId: record.id }));
    }
    const lost = anInstance({ deadlines: { nextReconcileAt: at(-10) } });
    store.put(lost);
    expect(await sweeper.sweep()).toMatchObject({ repaired: 1 });
    expect(queue.enqueued).toMatchObject([{ payload: { instanceId: lost.id } }]);
  });

  it('leaves the sweep to the holder of the lease', async () => {
    const { store, queue, leases, sweeper } = setUp();
    store.put(anInstance({ deadlines: { nextReconcileAt: at(-10) } }));
    leases.free = false;
    expect(await sweeper.sweep()).toBeNull();
    expect(queue.enqueued).toEqual([]);
  });

  it('purges tombstones whose time is up, and nothing else', async () => {
    const { store, sweeper } = setUp();
    const expired = anInstance({ status: 'terminated', deadlines: { purgeAt: at(-1) } });
    const young = anInstance({ status: 'terminated', deadlines: { purgeAt: at(1) } });
    const alive = anInstance({ status: 'ready', deadlines: { purgeAt: at(-1) } });
    for (const record of [expired, young, alive]) store.put(record);
    expect(await sweeper.sweep()).toEqual({ repaired: 0, purged: 1, unconfirmed: 0 });
    expect(await store.records.getMany([expired.id, young.id, alive.id])).toHaveLength(2);
  });

  it('announces the stops and deletes that are overdue, in batches', async () => {
    const { store, sweeper } = setUp();
    const announced = vi.spyOn(store.deadlines, 'emitUnconfirmed');
    const stopped = (seconds: number) => ({ state: 'stopped', at: at(-seconds), by: 'user:x' }) as const;
    store.put(anInstance({ status: 'stopping', desired: stopped(299) }));
    expect(await sweeper.sweep()).toEqual({ repaired: 0, purged: 0, unconfirmed: 0 });
    expect(announced).not.toHaveBeenCalled();
    const overdue = Array.from({ length: 201 }, () => anInstance({ status: 'stopping', desired: stopped(300) }));
    for (const record of overdue) store.put(record);
    expect(await sweeper.sweep()).toEqual({ repaired: 0, purged: 0, unconfirmed: 201 });
    const batches = announced.mock.calls.map(([ids]) => ids);
    expect(batches.map((ids) => ids.length)).toEqual([200, 1]);
    expect(new Set(batches.flat())).toEqual(new Set(overdue.map(({ id }) => id)));
  });
});

function aTimer(sweep: () => Promise<null>) {
  const sweeper: DeadlineSweeper = Object.create(DeadlineSweeper.prototype, { sweep: { value: sweep } });
  return new SweepTimer(
    sweeper,
    new SchedulerRegistry(),
    { intervalMs: 1_000 },
    RedisReadiness.proven(new FleetId('test'), timestampFromMs(0)),
  );
}

describe('SweepTimer', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('sweeps about once in an interval, after a failure too, until it is stopped', async () => {
    let sweeps = 0;
    const timer = aTimer(() => {
      sweeps += 1;
      return sweeps === 2 ? Promise.reject(new Error('Redis is away')) : Promise.resolve(null);
    });
    void timer.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(12_000);
    expect(sweeps).toBeGreaterThanOrEqual(10);
    expect(sweeps).toBeLessThanOrEqual(15);
    await timer.beforeApplicationShutdown();
    const before = sweeps;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(sweeps).toBe(before);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets a sweep that is under way end before the store goes', async () => {
    let end: (() => void) | undefined;
    const timer = aTimer(() => new Promise<null>((resolve) => (end = () => resolve(null))));
    void timer.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(1_200);
    let stopped = false;
    const stopping = timer.beforeApplicationShutdown().then(() => (stopped = true));
    await vi.advanceTimersByTimeAsync(0);
    expect(stopped).toBe(false);
    end?.();
    await stopping;
    expect(vi.getTimerCount()).toBe(0);
  });
});
