import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aReadySpotInstance,
  type Course,
  DISTURBED,
  HOUR,
  isDone,
  migrations,
  NO_STOCK,
  RECLAIM_MS,
  reclaim,
  stateOf,
  wake,
  watch,
} from '../../test/fakes/spot-world.js';
import {
  Crash,
  expectOneLiveAtMost,
  isAtRest,
  LOST_AFTER,
  LOST_BEFORE,
  POLICY,
  type World,
} from '../../test/fakes/world.js';

describe('a reclaimed spot instance that is desired to run', () => {
  it.each<Course>(['ends-up', 'ends-down', 'elsewhere'])(
    'is migrated once and is ready again when the migration %s',
    async (course) => {
      const world = await aReadySpotInstance({}, course);
      const before = world.novitaId;
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
      expect(world.novita.statusOf(before)).toMatch(/toRemove|removing|removed/);
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
    const world = await aReadySpotInstance({}, 'fails');
    reclaim(world);
    await world.run(stateOf('failed'));
    expect(world.record).toMatchObject({
      status: 'failed',
      desired: { state: 'running' },
      lastError: { code: 'migration-failed', message: expect.stringContaining('it failed') as string },
      migration: { nextAttemptAt: world.later(POLICY.migration.failureRetry.firstMs) },
    });
    world.novita.faults.clear();
    await world.run(isDone);
    expect(migrations(world)).toBe(2);
  });

  it('that hangs ends by its deadline, is not asked for twice, and its late success counts', async () => {
    const world = await aReadySpotInstance({}, 'hangs');
    reclaim(world);
    const begun = world.clock.now();
    await world.run(stateOf('failed'));
    expect(world.record.lastError?.code).toBe('migration-timeout');
    expect(world.clock.now() - begun).toBeLessThan(POLICY.migration.timeoutMs + 2 * POLICY.pollIntervalMs);
    const later = world.clock.now() + HOUR;
    await world.run(({ clock }) => clock.now() > later, 1_000);
    expect(migrations(world)).toBe(1);
    expect(world.record.status).toBe('failed');
    world.novita.faults.clear();
    await world.run(isDone, 1_000);
    expect(migrations(world)).toBe(1);
  });

  it('waits for stock with growing pauses, and is migrated when there is some', async () => {
    const world = await aReadySpotInstance();
    let refusals = 3;
    world.novita.faultOf = (call) => (call === 'migrateInstance' && refusals-- > 0 ? NO_STOCK : null);
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
    for (const fallback of ['off', 'same-product'] as const) {
      const world = await aReadySpotInstance({ fallback });
      world.novita.faultOf = (call) => (call === 'migrateInstance' ? NO_STOCK : null);
      reclaim(world);
      const begun = world.clock.now();
      await world.run(isAtRest, 2_000);
      expect(world.record).toMatchObject({
        status: 'failed',
        desired: { state: 'stopped', by: 'lifecycle' },
        lastError: { code: 'resource-constraints' },
        migration: { state: 'failed', nextAttemptAt: null },
      });
      if (fallback === 'same-product') expect(world.clock.now() - begun).toBeGreaterThan(23 * HOUR);
      else expect(migrations(world)).toBe(1);
    }
  });

  it('is given up when its lifetime is over, and nothing is asked for or bought any more', async () => {
    const world = await aReadySpotInstance();
    world.novita.faultOf = (call) => (call === 'migrateInstance' ? NO_STOCK : null);
    reclaim(world);
    await world.run(({ record }) => record.lastError?.code === 'resource-constraints');
    const [asked, bought] = [migrations(world), world.novita.sent('createInstance')];
    world.store.put({ ...world.record, maxLifetimeMinutes: 0.001 });
    world.novita.faultOf = () => null;
    await world.run();
    expect(world.record).toMatchObject({
      status: 'failed',
      desired: { state: 'stopped', by: 'lifecycle' },
      lastError: { code: 'migration-failed', message: expect.stringContaining('lifetime') as string },
    });
    expect([migrations(world), world.novita.sent('createInstance')]).toEqual([asked, bought]);
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
    await world.run((now) => migrations(now) === 2, 1_000);
    expect(world.clock.now() - arrived).toBeGreaterThanOrEqual(4 * HOUR);
    await world.run(isDone);
  });

  it.each<Course>(['ends-up', 'ends-down', 'elsewhere'])(
    'is migrated once wherever a worker dies, when the migration %s',
    async (course) => {
      const live = async (crashAt: number | null): Promise<{ world: World; effects: string[] }> => {
        const world = await aReadySpotInstance({}, course);
        reclaim(world);
        const effects: string[] = [];
        world.atEffect = (effect) => {
          effects.push(effect);
          expectOneLiveAtMost(world);
          if (effects.length === crashAt) throw new Crash(effect);
        };
        await world.run(isDone);
        return { world, effects };
      };
      const { effects } = await live(null);
      expect(effects).toContain('after novita.migrate');
      for (let crashAt = 1; crashAt <= effects.length; crashAt++) {
        const { world } = await live(crashAt);
        expect(world.record.status, effects[crashAt - 1]).toBe('ready');
        expect(world.novita.world.migrationJobs().length, effects[crashAt - 1]).toBe(1);
        expect(world.novita.live.map(({ id }) => id)).toEqual([world.novitaId]);
      }
    },
  );

  it('has one migration in effect at a time, whatever answers are lost and wherever workers die', async () => {
    const faults = fc.array(fc.option(fc.constantFrom(LOST_BEFORE, LOST_AFTER, NO_STOCK), { nil: null }), {
      maxLength: 12,
    });
    const crashes = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 });
    const courses = fc.constantFrom<Course>('ends-up', 'ends-down', 'elsewhere', 'fails');
    await fc.assert(
      fc.asyncProperty(faults, crashes, courses, async (given, dies, course) => {
        const world = await aReadySpotInstance({}, course);
        const left = [...given];
        world.novita.faultOf = (call) => {
          const fault = DISTURBED.has(call) ? left.shift() : null;
          return fault === NO_STOCK && call !== 'migrateInstance' ? null : (fault ?? null);
        };
        const ends = [...dies];
        world.atEffect = (effect) => {
          expectOneLiveAtMost(world);
          if (ends.shift() === 0) throw new Crash(effect);
        };
        reclaim(world);
        if (course === 'fails') {
          await world.run(stateOf('failed'), 1_000);
          world.novita.faults.clear();
        }
        await world.run(isDone, 2_000);
        expect(world.novita.world.migrationJobs().length).toBe(course === 'fails' ? 2 : 1);
        expect(world.novita.live.map(({ id }) => id)).toEqual([world.novitaId]);
      }),
      { numRuns: 60 },
    );
  });

  it('is failed when Novita refuses the request, and tried again', async () => {
    const world = await aReadySpotInstance();
    let refused = false;
    world.novita.faultOf = (call) => {
      if (call !== 'migrateInstance' || refused) return null;
      refused = true;
      return { kind: 'error', status: 400, reason: 'INVALID_PARAMETER', message: 'not this one' };
    };
    reclaim(world);
    await world.run(stateOf('failed'));
    expect(world.record.lastError).toMatchObject({
      code: 'migration-failed',
      message: expect.stringContaining('not this one') as string,
    });
    await world.run(isDone);
    expect(migrations(world)).toBe(2);
  });

  it('is neither started nor migrated again when it was adopted and may run under an id that nobody knows', async () => {
    const world = await aReadySpotInstance({}, 'elsewhere');
    world.store.put({ ...world.record, origin: 'adopted', marker: '' });
    world.novita.faultOf = (call) => (call === 'migrateInstance' ? LOST_AFTER : null);
    watch(world);
    reclaim(world);
    await world.run(stateOf('failed'));
    await world.run();
    expect(world.record).toMatchObject({
      status: 'failed',
      lastError: { message: expect.stringContaining('another one in its place') as string },
    });
    expect(migrations(world)).toBe(1);
    expect(world.novita.sent('startInstance')).toBe(0);
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
  it('a stop by a person between the notice and the reclaim', async () => {
    const world = await aReadySpotInstance();
    world.novita.faults.add({ kind: 'spot-reclaim', instanceId: world.novitaId });
    world.command('stop');
    await world.run();
    world.clock.advance(RECLAIM_MS);
    wake(world);
    await world.run();
    expect(world.record).toMatchObject({ status: 'stopped', desired: { state: 'stopped' }, migration: null });
    expect(migrations(world)).toBe(0);
  });

  it('a container that ends by itself, or a stop at the console: a change by hand as ever', async () => {
    const world = await aReadySpotInstance();
    world.novita.world.setStatus(world.novitaId, 'exited');
    wake(world);
    await world.run();
    expect(world.record).toMatchObject({
      status: 'stopped',
      desired: { state: 'stopped', by: 'console' },
      migration: null,
    });
    expect(migrations(world)).toBe(0);
  });
});
