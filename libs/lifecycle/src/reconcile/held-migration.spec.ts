import { releasedBy } from '@app/instance-store';
import { FakeClock } from '@app/testing';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { TestStore } from '../../test/fakes/test-store.js';
import { Crash, isAtRest, World } from '../../test/fakes/world.js';
import { DecidedRecords } from './decided-records.js';
import { LifetimeEnds } from './lifetime-ends.js';
import { LifecycleMetrics } from './reconcile-metrics.js';

const RECLAIM_MS = 71_000;
const LIMIT_MS = 120_000;

/** A spot instance that was reclaimed, and whose migration two endpoints hold. */
async function aHeldMigration(): Promise<World> {
  const world = new World({ spec: { billingMode: 'spot' } });
  await world.run();
  expect(world.record.status).toBe('ready');
  world.holders.endpointIds = ['whe_a', 'whe_b'];
  world.clock.advance(3_600_000);
  world.novita.faults.add({ kind: 'spot-reclaim', instanceId: world.novitaId });
  world.clock.advance(RECLAIM_MS);
  wake(world);
  await world.run(({ record }) => record.stopHold !== null);
  return world;
}

function wake(world: World): void {
  const { record } = world;
  world.store.put({ ...record, deadlines: { ...record.deadlines, nextReconcileAt: world.clock.timestamp() } });
}

function release(world: World, endpointId: string): void {
  const { record, clock } = world;
  world.store.put(releasedBy(record, endpointId, record.stopHold?.since ?? clock.timestamp(), clock.timestamp()));
}

const migrations = ({ novita }: World): number => novita.sent('migrateInstance');
const isDone = (world: World): boolean => world.record.migration?.state === 'done' && isAtRest(world);

describe('a migration that endpoints hold', () => {
  it('is not requested, and says why', async () => {
    const world = await aHeldMigration();
    const { record } = world;
    expect(record).toMatchObject({
      status: 'stopped',
      desired: { state: 'running' },
      migration: { state: 'waiting', attempts: 0 },
    });
    expect(record.stopHold).toMatchObject({ by: 'migration', occasion: record.migration?.reclaimSeenAt, ended: null });
    expect(record.deadlines).toMatchObject({
      holdUntil: record.stopHold?.until,
      nextReconcileAt: record.stopHold?.until,
    });
    expect(record.deadlines.migrateBy).toBeUndefined();
    world.clock.advance(LIMIT_MS - 1_000);
    wake(world);
    await world.pass();
    expect(migrations(world)).toBe(0);
    expect(world.record.stopHold).toEqual(record.stopHold);
    // However often it is looked at in between: it goes on at the end of the hold.
    expect(world.record.deadlines.nextReconcileAt).toBe(record.stopHold?.until);
  });

  it('waits for the hold of a limit of spend, and is looked at now and then', async () => {
    const world = await aHeldMigration();
    const { record } = world;
    if (record.stopHold === null) throw new Error('it is not held');
    world.store.put({ ...record, stopHold: { ...record.stopHold, by: 'spend-limit', occasion: '2026-03-01' } });
    wake(world);
    expect(await world.pass()).toMatchObject({ inMs: 30_000 });
    expect([migrations(world), world.record.stopHold?.ended]).toEqual([0, null]);
  });

  it('is requested at once when all have released it', async () => {
    const world = await aHeldMigration();
    world.clock.advance(1_000);
    release(world, 'whe_a');
    await world.pass();
    expect(migrations(world)).toBe(0);
    world.clock.advance(1_000);
    release(world, 'whe_b');
    const releasedAt = world.clock.now();
    await world.run((now) => migrations(now) === 1);
    expect(world.clock.now() - releasedAt).toBeLessThan(5_000);
    expect(world.record.stopHold?.ended).toMatchObject({ outcome: 'released', by: 'migration' });
    await world.run(isDone);
    expect(world.record.status).toBe('ready');
  });

  it('is requested when the time is over, wherever a worker dies, and held once', async () => {
    const live = async (crashAt: number | null): Promise<{ world: World; effects: string[] }> => {
      const world = await aHeldMigration();
      const { since } = world.record.stopHold ?? {};
      const effects: string[] = [];
      world.atEffect = (effect) => {
        effects.push(effect);
        if (effects.length === crashAt) throw new Crash(effect);
      };
      await world.run(isDone);
      expect(world.record.stopHold).toMatchObject({ since, ended: { outcome: 'timed-out' } });
      expect(world.record.deadlines.holdUntil).toBeUndefined();
      return { world, effects };
    };
    const { effects } = await live(null);
    for (let crashAt = 1; crashAt <= effects.length; crashAt += 2) {
      const { world } = await live(crashAt);
      expect(world.record.status, effects[crashAt - 1]).toBe('ready');
      expect(world.novita.world.migrationJobs().length, effects[crashAt - 1]).toBe(1);
    }
  });

  it('does not keep a person from stopping the instance', async () => {
    const world = await aHeldMigration();
    world.command('stop');
    expect(world.record.stopHold?.ended).toMatchObject({ outcome: 'ended-by-person', by: 'user:test' });
    await world.run();
    expect(world.record).toMatchObject({ status: 'stopped', migration: { state: 'superseded' } });
    expect(migrations(world)).toBe(0);
  });

  it('is called off when somebody has started the instance at Novita meanwhile', async () => {
    const world = await aHeldMigration();
    world.clock.advance(30_000);
    await world.novita.client.instances.start(world.novitaId);
    world.clock.advance(90_000);
    await world.run((now) => now.record.stopHold?.ended !== null);
    expect(world.record.stopHold?.ended).toMatchObject({ outcome: 'called-off', by: 'lifecycle' });
    await world.run(isAtRest);
    expect(migrations(world)).toBe(0);
  });

  it('does not exist without endpoints that hold', async () => {
    const world = new World({ spec: { billingMode: 'spot' } });
    await world.run();
    world.clock.advance(3_600_000);
    world.novita.faults.add({ kind: 'spot-reclaim', instanceId: world.novitaId });
    world.clock.advance(RECLAIM_MS);
    wake(world);
    await world.run(isDone);
    expect(world.record.stopHold).toBeNull();
  });
});

describe('the record of a pass', () => {
  it('has its stop by auto-stop go on when the hold is over, and not before', async () => {
    const clock = new FakeClock();
    const world = new World();
    const store = new TestStore(clock);
    const until = clock.timestamp();
    const stopHold = {
      by: 'auto-stop',
      occasion: 'p',
      since: until,
      until,
      reason: 'idle',
      waitsFor: [{ endpointId: 'a', releasedAt: null }],
      ended: null,
    } as const;
    store.put({ ...world.record, status: 'ready', stopHold, deadlines: { holdUntil: until } });
    const asked: string[] = [];
    const metrics = new LifecycleMetrics(new Registry(), 600_000);
    const heldStops = { goOn: async ({ record }: { record: { id: string } }) => void asked.push(record.id) };
    const records = new DecidedRecords(
      store.records,
      store.idle,
      new LifetimeEnds(store.records, clock, { STOP_HOLD_TIMEOUT: 60_000 }),
      clock,
      metrics,
      heldStops,
    );
    clock.set(Date.parse(until) - 1);
    await records.get(world.id, AbortSignal.timeout(1_000));
    expect(asked).toEqual([]);
    clock.set(Date.parse(until));
    await records.get(world.id, AbortSignal.timeout(1_000));
    expect(asked).toEqual([world.id]);
  });
});
