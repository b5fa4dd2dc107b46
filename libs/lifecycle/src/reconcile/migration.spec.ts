import type { InstanceRecord } from '@app/instance-store';
import { NovitaInsufficientResourceError, NovitaInvalidRequestError } from '@app/novita-client';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallFault, MigrationCourse } from '../../test/fakes/fake-novita.js';
import { Crash, isAtRest, POLICY, World } from '../../test/fakes/world.js';
import type { MigrationPolicy } from '../state-machine/model.js';

const HOUR = 3_600_000;
const NO_STOCK = new NovitaInsufficientResourceError('no stock', { call: 'migrate' });

/** A spot instance that is ready. */
async function aReadySpotInstance(migration: Partial<MigrationPolicy> = {}): Promise<World> {
  const { spec } = new World().record;
  const policy = { migration: { ...POLICY.migration, ...migration } };
  const world = new World({ spec: { ...spec, billingMode: 'spot' } }, policy);
  await world.run();
  expect(world.record.status).toBe('ready');
  world.clock.advance(HOUR);
  return world;
}

/** As any read does that shows something: the life cycle is to look. */
function wake(world: World): void {
  const { record } = world;
  world.store.put({ ...record, deadlines: { ...record.deadlines, nextReconcileAt: world.clock.timestamp() } });
}

function reclaim(world: World): void {
  world.novita.reclaim(world.novitaId);
  wake(world);
}

const migrations = ({ novita }: World): number => novita.calls.filter((call) => call === 'migrate').length;
const isDone = (world: World): boolean => {
  const { migration } = world.record;
  return migration?.state === 'done' && migration.replaced === null && isAtRest(world);
};
const stateOf =
  (state: NonNullable<InstanceRecord['migration']>['state']) =>
  ({ record }: World): boolean =>
    record.migration?.state === state;

/** Never two that bill, never two migrations of one machine at a time. */
function watch(world: World): void {
  world.atEffect = () => {
    expect(world.novita.live.length).toBeLessThanOrEqual(1);
  };
}

describe('a reclaimed spot instance that is desired to run', () => {
  it.each<MigrationCourse>(['ends-up', 'ends-down', 'elsewhere'])(
    'is migrated once and is ready again when the migration %s',
    async (course) => {
      const world = await aReadySpotInstance();
      const before = world.novitaId;
      world.novita.migrationCourse = course;
      watch(world);
      reclaim(world);
      await world.run(isDone);
      expect(migrations(world)).toBe(1);
      expect(world.record).toMatchObject({
        status: 'ready',
        desired: { state: 'running', by: 'user:test' },
        lastError: null,
      });
      expect(world.record.timestamps.migrated).toBe(world.record.timestamps.ready);
      expect(world.record.deadlines.migrateBy).toBeUndefined();
      expect(world.statuses.slice(world.statuses.indexOf('ready'))).toEqual(
        expect.arrayContaining(['stopped', 'migrating', 'running', 'ready']),
      );
      expect(world.novita.live.map(({ id }) => id)).toEqual([world.novitaId]);
      if (course !== 'elsewhere') {
        expect(world.novitaId).toBe(before);
        return;
      }
      expect(world.novitaId).not.toBe(before);
      expect(world.novita.wordOf(before)).toMatch(/toRemove|removing|removed/);
      expect(world.record.migration?.replaced).toBeNull();
    },
  );

  it('is written as waiting by the read that shows it, before Novita is asked for anything', async () => {
    const world = await aReadySpotInstance();
    reclaim(world);
    await world.pass();
    expect(world.record).toMatchObject({
      status: 'stopped',
      spot: { status: 'terminated', firstSeenAt: world.clock.timestamp() },
      migration: { state: 'waiting', attempts: 0, reclaimSeenAt: world.clock.timestamp() },
      lastError: { code: 'spot-reclaimed' },
    });
    expect(migrations(world)).toBe(0);
  });

  it('fails with its job, and is tried again after a while', async () => {
    const world = await aReadySpotInstance();
    world.novita.migrationCourse = 'fails';
    reclaim(world);
    await world.run(stateOf('failed'));
    expect(world.record).toMatchObject({
      status: 'failed',
      desired: { state: 'running' },
      lastError: { code: 'migration-failed', message: expect.stringContaining('it failed') as string },
      migration: { nextAttemptAt: world.later(POLICY.migration.failureRetry.firstMs) },
    });
    world.novita.migrationCourse = 'ends-up';
    await world.run(isDone);
    expect(migrations(world)).toBe(2);
  });

  it('that hangs ends by its deadline, is not asked for twice, and its late success counts', async () => {
    const world = await aReadySpotInstance();
    world.novita.migrationCourse = 'hangs';
    reclaim(world);
    const begun = world.clock.now();
    await world.run(stateOf('failed'));
    expect(world.record.lastError?.code).toBe('migration-timeout');
    expect(world.clock.now() - begun).toBeLessThan(POLICY.migration.timeoutMs + 2 * POLICY.pollIntervalMs);
    const later = world.clock.now() + HOUR;
    await world.run(({ clock }) => clock.now() > later, 1_000);
    expect(migrations(world)).toBe(1);
    expect(world.record.status).toBe('failed');
    world.novita.set(world.novitaId, 'running');
    await world.run(isDone, 1_000);
    expect(migrations(world)).toBe(1);
  });

  it('waits for stock with growing pauses, and is migrated when there is some', async () => {
    const world = await aReadySpotInstance();
    let refusals = 3;
    world.novita.providerErrorOf = (call) => (call === 'migrate' && refusals-- > 0 ? NO_STOCK : null);
    reclaim(world);
    await world.run(({ record }) => record.lastError?.code === 'resource-constraints');
    expect(world.record).toMatchObject({
      status: 'stopped',
      migration: { state: 'waiting', nextAttemptAt: world.later(60_000) },
    });
    await world.run(isDone);
    expect(migrations(world)).toBe(4);
  });

  it('is given up for want of stock at once where the fall-back is off, and after a day where it is not', async () => {
    for (const retriesStock of [false, true]) {
      const world = await aReadySpotInstance({ retriesStock });
      world.novita.providerErrorOf = (call) => (call === 'migrate' ? NO_STOCK : null);
      reclaim(world);
      const begun = world.clock.now();
      await world.run(isAtRest, 2_000);
      expect(world.record).toMatchObject({
        status: 'failed',
        desired: { state: 'stopped', by: 'lifecycle' },
        lastError: { code: 'resource-constraints' },
        migration: { state: 'failed', nextAttemptAt: null },
      });
      if (retriesStock) expect(world.clock.now() - begun).toBeGreaterThan(23 * HOUR);
      else expect(migrations(world)).toBe(1);
    }
  });

  it('counts as stopped where migration is off', async () => {
    const world = await aReadySpotInstance({ enabled: false });
    reclaim(world);
    await world.run();
    expect(world.record).toMatchObject({
      status: 'stopped',
      desired: { state: 'stopped', by: 'lifecycle' },
      lastError: { code: 'spot-reclaimed' },
    });
    expect(migrations(world)).toBe(0);
  });

  it('waits while as many migrations run as may', async () => {
    const world = await aReadySpotInstance({ maxAtOnce: 0 });
    reclaim(world);
    const later = world.clock.now() + HOUR;
    await world.run(({ clock }) => clock.now() > later, 1_000);
    expect(world.record).toMatchObject({ status: 'stopped', migration: { state: 'waiting' } });
    expect(migrations(world)).toBe(0);
  });

  it('is migrated at most once in four hours', async () => {
    const world = await aReadySpotInstance();
    reclaim(world);
    await world.run(isDone);
    const arrived = Date.parse(world.record.migration?.arrivedAt ?? '');
    world.clock.advance(HOUR / 2);
    reclaim(world);
    await world.run(({ novita }) => novita.calls.filter((call) => call === 'migrate').length === 2, 1_000);
    expect(world.clock.now() - arrived).toBeGreaterThanOrEqual(4 * HOUR);
    await world.run(isDone);
  });

  it.each<MigrationCourse>(['ends-up', 'ends-down', 'elsewhere'])(
    'is migrated once wherever a worker dies, when the migration %s',
    async (course) => {
      const live = async (crashAt: number | null): Promise<{ world: World; effects: string[] }> => {
        const world = await aReadySpotInstance();
        world.novita.listLagMs = 5_000;
        world.novita.migrationCourse = course;
        reclaim(world);
        const effects: string[] = [];
        world.atEffect = (effect) => {
          effects.push(effect);
          expect(world.novita.live.length).toBeLessThanOrEqual(1);
          if (effects.length === crashAt) throw new Crash(effect);
        };
        await world.run(isDone);
        return { world, effects };
      };
      const { effects } = await live(null);
      expect(effects).toContain('after novita.migrateInstance');
      for (let crashAt = 1; crashAt <= effects.length; crashAt++) {
        const { world } = await live(crashAt);
        expect(world.record.status, effects[crashAt - 1]).toBe('ready');
        expect(world.novita.jobs.length, effects[crashAt - 1]).toBe(1);
        expect(world.novita.live.map(({ id }) => id)).toEqual([world.novitaId]);
      }
    },
  );

  it('has one migration in effect at a time, whatever answers are lost and wherever workers die', async () => {
    const faults = fc.array(
      fc.option(fc.constantFrom<CallFault>('lost-before', 'lost-after', NO_STOCK), { nil: null }),
      {
        maxLength: 12,
      },
    );
    const crashes = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 });
    const courses = fc.constantFrom<MigrationCourse>('ends-up', 'ends-down', 'elsewhere', 'fails');
    await fc.assert(
      fc.asyncProperty(faults, crashes, courses, async (given, dies, course) => {
        const world = await aReadySpotInstance();
        world.novita.listLagMs = 10_000;
        world.novita.migrationCourse = course;
        const left = [...given];
        world.novita.providerErrorOf = (call) => {
          const fault =
            call === 'migrate' || call === 'get' || call === 'jobs' || call === 'list' ? left.shift() : null;
          return fault === NO_STOCK && call !== 'migrate' ? null : (fault ?? null);
        };
        const ends = [...dies];
        world.atEffect = (effect) => {
          expect(world.novita.live.length).toBeLessThanOrEqual(1);
          if (ends.shift() === 0) throw new Crash(effect);
        };
        reclaim(world);
        if (course === 'fails') {
          await world.run(stateOf('failed'), 1_000);
          world.novita.migrationCourse = 'ends-up';
        }
        await world.run(isDone, 2_000);
        expect(world.novita.jobs.length).toBe(course === 'fails' ? 2 : 1);
        expect(world.novita.live.map(({ id }) => id)).toEqual([world.novitaId]);
      }),
      { numRuns: 60 },
    );
  });

  it('is failed when Novita refuses the request, and tried again', async () => {
    const world = await aReadySpotInstance();
    let refused = false;
    world.novita.providerErrorOf = (call) => {
      if (call !== 'migrate' || refused) return null;
      refused = true;
      return new NovitaInvalidRequestError('not this one', { call: 'migrate', httpStatus: 400 });
    };
    reclaim(world);
    await world.run(stateOf('failed'));
    expect(world.record.lastError).toMatchObject({ code: 'migration-failed', message: 'not this one' });
    await world.run(isDone);
    expect(migrations(world)).toBe(2);
  });

  it('stays stopped when a person stops it before its migration was requested', async () => {
    const world = await aReadySpotInstance();
    reclaim(world);
    await world.pass();
    world.command('stop');
    await world.run();
    expect(world.record).toMatchObject({ status: 'stopped', migration: { state: 'superseded' } });
    world.clock.advance(24 * HOUR);
    wake(world);
    await world.pass();
    expect(migrations(world)).toBe(0);
  });
});

describe('what is no reclaim of a running instance', () => {
  it.each(['user:anna', 'auto-stop'] as const)('a stop by %s, even if the machine is reclaimed later', async (by) => {
    const world = await aReadySpotInstance();
    world.command('stop');
    await world.run();
    world.store.put({ ...world.record, desired: { ...world.record.desired, by } });
    reclaim(world);
    await world.pass();
    await world.run();
    expect(world.record).toMatchObject({ status: 'stopped', desired: { state: 'stopped', by }, migration: null });
    expect(migrations(world)).toBe(0);
  });

  it('a container that ends by itself, or a stop at the console: a change by hand as ever', async () => {
    const world = await aReadySpotInstance();
    world.novita.set(world.novitaId, 'exited');
    wake(world);
    await world.run();
    expect(world.record).toMatchObject({
      status: 'stopped',
      desired: { state: 'stopped', by: 'console' },
      migration: null,
    });
    expect(migrations(world)).toBe(0);
  });

  it('an old reclaim that Novita goes on to state after a start', async () => {
    const world = await aReadySpotInstance({ enabled: false });
    reclaim(world);
    await world.run();
    world.clock.advance(HOUR);
    world.command('start');
    await world.run();
    expect(world.record.status).toBe('ready');
    world.clock.advance(HOUR);
    world.novita.set(world.novitaId, 'exited');
    wake(world);
    await world.run();
    expect(world.record.desired).toMatchObject({ state: 'stopped', by: 'console' });
  });
});
