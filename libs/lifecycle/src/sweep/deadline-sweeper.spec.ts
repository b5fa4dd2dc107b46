import { RECONCILE_INSTANCE } from '@app/jobs';
import { HealthIndicatorRegistry, MetricsRegistry } from '@app/platform';
import { LeaseKeeper } from '@app/redis';
import { anInstance, FakeClock } from '@app/testing';
import { Logger } from '@nestjs/common';
import { beforeAll, describe, expect, it } from 'vitest';
import { FakeQueue } from '../../test/fakes/fake-queue.js';
import { FakeStore } from '../../test/fakes/fake-store.js';
import { at, NOW } from '../../test/fakes/seen.js';
import { LifecycleMetrics } from '../reconcile/reconcile-metrics.js';
import { DeadlineSweeper } from './deadline-sweeper.js';
import { UnconfirmedGauges } from './unconfirmed-gauges.js';
import { UnconfirmedIndicator } from './unconfirmed-indicator.js';
import { WaitingWishes } from './waiting-wishes.js';

beforeAll(() => Logger.overrideLogger(false));

class FakeLeases extends LeaseKeeper {
  free = true;

  override tryAcquire(): Promise<boolean> {
    return Promise.resolve(this.free);
  }
}

function setUp() {
  const clock = new FakeClock(NOW);
  const store = new FakeStore();
  const queue = new FakeQueue();
  const leases = new FakeLeases();
  const registry = new MetricsRegistry();
  const metrics = new LifecycleMetrics(registry);
  const sweeper = new DeadlineSweeper(store.records, store.deadlines, store.audit, queue, leases, clock, metrics, {
    intervalMs: 15_000,
  });
  const valueOf = async (name: string, deadline?: string) =>
    (await (deadline === undefined ? registry.fleet : registry).getSingleMetric(name)?.get())?.values.find(
      ({ labels }) => labels['deadline'] === deadline,
    )?.value;
  const waiting = new WaitingWishes(store.records, store.deadlines, clock);
  new UnconfirmedGauges(waiting, registry).onModuleInit();
  return { clock, store, queue, leases, sweeper, waiting, valueOf };
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
    expect(await store.audit.entries(lost.id, 10)).toEqual([
      expect.objectContaining({
        kind: 'repair',
        by: 'lifecycle',
        at: at(0),
        reason: expect.stringContaining('start-up'),
      }),
    ]);
    expect(await store.audit.entries(waiting.id, 10)).toEqual([]);
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

  it('tells a lost look from a lost end of a start-up', async () => {
    const { store, sweeper, valueOf } = setUp();
    const lost = anInstance({ deadlines: { nextReconcileAt: at(-10) } });
    store.put(lost);
    await sweeper.sweep();
    expect(await valueOf('novita_fleet_overdue_without_job_total', 'reconcile')).toBe(1);
    const [entry] = await store.audit.entries(lost.id, 1);
    expect(entry?.reason).toContain('its next look was overdue');
  });

  it('enters the repairs of one sweep in 200 ledgers at most', async () => {
    const { store, queue, sweeper } = setUp();
    const lost = Array.from({ length: 201 }, () => anInstance({ deadlines: { nextReconcileAt: at(-10) } }));
    for (const record of lost) store.put(record);
    await sweeper.sweep();
    expect(queue.enqueued).toHaveLength(201);
    const ledgers = await Promise.all(lost.map(({ id }) => store.audit.entries(id, 1)));
    expect(ledgers.filter((ledger) => ledger.length === 1)).toHaveLength(200);
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
    const stopped = (seconds: number) => ({ state: 'stopped', at: at(-seconds), by: 'user:x' }) as const;
    store.put(anInstance({ status: 'stopping', desired: stopped(299) }));
    expect(await sweeper.sweep()).toEqual({ repaired: 0, purged: 0, unconfirmed: 0 });
    expect(store.deadlines.toldUnconfirmed).toEqual([]);
    const overdue = Array.from({ length: 201 }, () => anInstance({ status: 'stopping', desired: stopped(300) }));
    for (const record of overdue) store.put(record);
    expect(await sweeper.sweep()).toEqual({ repaired: 0, purged: 0, unconfirmed: 201 });
    expect(store.deadlines.toldUnconfirmed.map((ids) => ids.length)).toEqual([200, 1]);
    expect(new Set(store.deadlines.toldUnconfirmed.flat())).toEqual(new Set(overdue.map(({ id }) => id)));
  });
});

describe('the gauges of what is not confirmed', () => {
  it('show the age of the oldest stop or delete that Novita has not confirmed, beside how many are overdue', async () => {
    const { store, valueOf } = setUp();
    expect(await valueOf('novita_fleet_unconfirmed_wish_age_seconds')).toBe(0);
    const stopped = (seconds: number) => ({ state: 'stopped', at: at(-seconds), by: 'user:x' }) as const;
    store.put(anInstance({ status: 'stopping', desired: stopped(90) }));
    store.put(anInstance({ status: 'failed', desired: stopped(60) }));
    store.put(anInstance({ status: 'failed', desired: stopped(900), confirmedAt: at(-100) }));
    store.put(anInstance({ status: 'creating', desired: { state: 'running', at: at(-900), by: 'user:x' } }));
    expect(await valueOf('novita_fleet_unconfirmed_wish_age_seconds')).toBe(90);
    expect(await valueOf('novita_fleet_unconfirmed_wishes')).toBe(0);
    store.put(anInstance({ status: 'deleting', desired: { ...stopped(301), state: 'deleted' } }));
    store.put(anInstance({ status: 'failed', desired: stopped(300) }));
    expect(await valueOf('novita_fleet_unconfirmed_wish_age_seconds')).toBe(301);
    expect(await valueOf('novita_fleet_unconfirmed_wishes')).toBe(2);
  });
});

describe('the health of stops and deletes', () => {
  it('shows how many are overdue and how long the oldest has been waiting, and is degraded when that is too long', async () => {
    const { store, waiting } = setUp();
    const registry = new HealthIndicatorRegistry();
    new UnconfirmedIndicator(waiting, registry).onModuleInit();
    const check = () => registry.all()[0]?.check({ signal: AbortSignal.timeout(1_000) });
    expect(await check()).toEqual({ count: 0, oldestAgeSeconds: 0 });
    const stopped = (seconds: number) => ({ state: 'stopped', at: at(-seconds), by: 'auto-stop' }) as const;
    store.put(anInstance({ status: 'stopping', desired: stopped(900) }));
    expect(await check()).toEqual({ count: 1, oldestAgeSeconds: 900 });
    store.put(anInstance({ status: 'stopping', desired: stopped(901) }));
    expect(await check()).toEqual({ count: 2, oldestAgeSeconds: 901, degraded: expect.stringContaining('15 minutes') });
  });
});
