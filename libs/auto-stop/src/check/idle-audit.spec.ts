import { timestampFromMs } from '@app/platform';
import { FleetId, LeaseKeeper, RedisReadiness } from '@app/redis';
import { Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MINUTE, minutes, RULES } from '../../test/fakes/an-idle-instance.js';
import { CheckWorld, OPTIONS } from '../../test/fakes/check-world.js';
import { CHECK_JOB_KEY } from './check-trigger.js';
import { IdleAudit, IdleAuditTimer, LostCheck } from './idle-audit.js';

beforeAll(() => Logger.overrideLogger(false));

class FakeLeases extends LeaseKeeper {
  free = true;

  override tryAcquire(): Promise<boolean> {
    return Promise.resolve(this.free);
  }
}

function setUp(options = {}) {
  const world = new CheckWorld({ options });
  const leases = new FakeLeases();
  const { store, queue, clock, registry } = world;
  const check = new LostCheck(queue, store.audit, clock, registry);
  const audit = new IdleAudit(store.deadlines, check, leases, clock, world.options);
  const counted = async () =>
    (await registry.getSingleMetric('novita_fleet_overdue_without_job_total')?.get())?.values.find(
      ({ labels }) => labels['deadline'] === 'auto-stop',
    )?.value;
  return { world, queue, leases, audit, counted };
}

describe('the audit of idle deadlines', () => {
  it('has a lost check begun, counts it, and writes it to the audit logs', async () => {
    const { world, queue, audit, counted } = setUp();
    const lost = await world.add({ timestamps: { ready: minutes(-21) } });
    const young = await world.add({ timestamps: { ready: minutes(-19) } });
    expect(await audit.audit()).toBe(1);
    expect(queue.enqueued).toEqual([{ job: 'AUTO_STOP_CHECK', payload: { trigger: 'schedule', checkId: '' } }]);
    expect(await counted()).toBe(1);
    expect((await world.store.audit.entries(lost.id, 1))[0]).toMatchObject({ kind: 'repair', by: 'auto-stop' });
    expect((await world.store.audit.entries(young.id, 1))[0]).not.toMatchObject({ kind: 'repair' });
  });

  it.each([
    ['waits or runs', (queue: CheckWorld['queue']) => queue.pending.add(CHECK_JOB_KEY)],
    ['is scheduled', (queue: CheckWorld['queue']) => (queue.nextRun = minutes(3))],
  ])('leaves alone what a check that %s will meet', async (_, prepare) => {
    const { world, queue, audit, counted } = setUp();
    await world.add();
    prepare(queue);
    expect(await audit.audit()).toBe(0);
    expect([queue.enqueued, await counted()]).toEqual([[], 0]);
  });

  it('does nothing when another process has the lease or auto-stop is off', async () => {
    const { world, leases, audit } = setUp();
    await world.add();
    leases.free = false;
    expect(await audit.audit()).toBeNull();
    expect(await setUp({ rules: { ...RULES, enabled: false } }).audit.audit()).toBeNull();
  });

  it('knows no overdue one that a check has just had to keep', async () => {
    const { world, audit } = setUp({ synchronised: false, gpuThresholdPercent: 5 });
    await world.add({ timestamps: { ready: minutes(-600) }, novitaInstanceId: null });
    expect(await world.run()).toMatchObject({ checked: 1, stopped: 0 });
    world.clock.advance(4 * MINUTE);
    expect(await audit.audit()).toBe(0);
  });
});

describe('its timer', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('runs about once in an interval, after a failure too, until it is stopped', async () => {
    let runs = 0;
    const audit: IdleAudit = Object.create(IdleAudit.prototype, {
      audit: {
        value: () => {
          runs += 1;
          return runs === 2 ? Promise.reject(new Error('Redis is away')) : Promise.resolve(null);
        },
      },
    });
    const timer = new IdleAuditTimer(
      audit,
      new SchedulerRegistry(),
      { ...OPTIONS, auditIntervalMs: 1_000 },
      RedisReadiness.proven(new FleetId('test'), timestampFromMs(0)),
    );
    void timer.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(12_000);
    expect(runs).toBeGreaterThanOrEqual(10);
    expect(runs).toBeLessThanOrEqual(15);
    await timer.beforeApplicationShutdown();
    const before = runs;
    await vi.advanceTimersByTimeAsync(5_000);
    expect([runs, vi.getTimerCount()]).toEqual([before, 0]);
  });
});
