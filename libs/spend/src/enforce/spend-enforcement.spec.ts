import { BEFORE_FIRST_ENTRY, type InstanceRecord, withHold } from '@app/instance-store';
import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import type { InstanceOverrides } from '@app/testing';
import { Logger } from '@nestjs/common';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { HOUR, SpendWorld } from '../../test/fakes/spend-world.js';
import type { SpendOptions } from '../limits/spend-options.js';
import { HeldSpendStopJudge, SpendEnforcement } from './spend-enforcement.js';
import { SpendStopClaims, SpendStopMetrics } from './spend-stop-claims.js';
import { MOST_STOPS, SpendStopPlan } from './spend-stop-plan.js';

beforeAll(() => Logger.overrideLogger(false));

const IDLE_SETTINGS = {
  AUTO_STOP_ENABLED: true,
  AUTO_STOP_THRESHOLD: 20 * 60_000,
  AUTO_STOP_WARNING: 5 * 60_000,
  AUTO_STOP_TEMPLATE_THRESHOLDS: new Map<string, number | 'off'>(),
};
const SIGNAL = AbortSignal.timeout(60_000);

/** A fleet whose limits are enforced, as a worker does it. */
class EnforcedWorld extends SpendWorld {
  holders: string[] = [];
  readonly redis = { settlesInMs: 0 };
  readonly reconciled: string[] = [];
  readonly metrics = new SpendStopMetrics(this.registry);
  readonly plan: SpendStopPlan;
  readonly claims: SpendStopClaims;
  readonly enforcement: SpendEnforcement;
  readonly judge: HeldSpendStopJudge;

  constructor(options: Partial<SpendOptions> = { dailyLimitUsd: 10, enforcement: 'stop' }) {
    super(options);
    const { records, idle } = this.store;
    const requests = {
      now: async (ids: readonly string[]) => {
        this.reconciled.push(...ids);
      },
    };
    this.plan = new SpendStopPlan(this.today, records, this.clock, IDLE_SETTINGS);
    const holders = { of: async () => this.holders };
    this.claims = new SpendStopClaims(idle, this.clock, { STOP_HOLD_TIMEOUT: 120_000 }, this.metrics, holders);
    this.enforcement = new SpendEnforcement(this.plan, records, this.claims, requests, this.options);
    this.judge = new HeldSpendStopJudge(this.today, this.claims, records, this.clock, this.options, this.redis);
  }

  run() {
    return this.enforcement.run(SIGNAL);
  }

  /** For some hours what runs costs its price. */
  async spend(hours: number): Promise<void> {
    await this.accrue();
    this.clock.advance(hours * HOUR);
    await this.accrue();
  }

  async now({ id }: InstanceRecord): Promise<InstanceRecord> {
    const stored = await this.store.records.get(id);
    if (stored === null) throw new Error('it is gone');
    return stored.record;
  }

  lease(): InstanceOverrides {
    return { autoStop: { lease: { until: timestampFromMs(this.clock.now() + 99 * HOUR), by: 'a', reason: 'r' } } };
  }

  async types(): Promise<readonly string[]> {
    return ((await this.store.feed.after(BEFORE_FIRST_ENTRY, 1_000)) ?? []).map(({ type }) => type);
  }

  async stopsCounted(): Promise<number> {
    const counted = await this.registry.getSingleMetric('novita_fleet_spend_limit_stops_total')?.get();
    return counted?.values.reduce((sum, { value }) => sum + value, 0) ?? Number.NaN;
  }
}

describe('a reached limit that stops', () => {
  it('stops what runs and is billed by the hour, once, and says why', async () => {
    const world = new EnforcedWorld();
    const plain = await world.add();
    const leased = await world.add(world.lease());
    const monthly = await world.add({ spec: { billingMode: 'monthly' } });
    const elsewhere = await world.add({ origin: 'discovered', createdBy: null });
    await world.spend(2.4);
    expect(await world.run()).toEqual({ stopped: 0, more: false });
    await world.spend(0.1);
    expect(await world.run()).toEqual({ stopped: 1, more: false });
    expect(await world.now(plain)).toMatchObject({
      status: 'stopping',
      desired: { state: 'stopped', by: 'spend-limit' },
    });
    for (const kept of [leased, monthly, elsewhere]) expect((await world.now(kept)).desired.state).toBe('running');
    expect(world.reconciled).toEqual([plain.id]);
    const [latest] = await world.store.audit.entries(plain.id, 1);
    expect(latest).toMatchObject({
      by: 'spend-limit',
      reason: expect.stringContaining('SPEND_DAILY_LIMIT_USD is $10.00'),
    });
    // What is being stopped is not stopped anew.
    const { revision } = await world.now(plain);
    expect(await world.run()).toEqual({ stopped: 0, more: false });
    expect((await world.now(plain)).revision).toBe(revision);
    expect(await world.stopsCounted()).toBe(1);
    await world.store.records.write({ ...(await world.now(plain)), status: 'stopped' }, { kind: 'command' });
    expect((await world.types()).slice(-2)).toEqual(['instance.stopped', 'instance.stopped_by_spend_limit']);
  });

  it('of an owner stops nothing of others', async () => {
    const world = new EnforcedWorld({ ownerDailyLimitUsd: 4, enforcement: 'stop' });
    const dear = await world.add({ createdBy: 'user:a', price: { usdPerHour: 2 } });
    const cheap = await world.add({ createdBy: 'user:b' });
    const nobody = await world.add({ createdBy: null, price: { usdPerHour: 9 } });
    await world.spend(2);
    expect(await world.run()).toEqual({ stopped: 1, more: false });
    expect((await world.now(dear)).desired.state).toBe('stopped');
    for (const kept of [cheap, nobody]) expect((await world.now(kept)).desired.state).toBe('running');
  });

  it.each([
    { dailyLimitUsd: 1, enforcement: 'creates' },
    { dailyLimitUsd: 1, enforcement: 'off' },
    { enforcement: 'stop' },
  ] as const)('is none with %o', async (options) => {
    const world = new EnforcedWorld(options);
    const running = await world.add();
    await world.spend(5);
    const asked = vi.spyOn(world.store.spend, 'read');
    expect(await world.run()).toEqual({ stopped: 0, more: false });
    expect(asked).not.toHaveBeenCalled();
    expect((await world.now(running)).desired.state).toBe('running');
  });

  it('stops nothing on the next day', async () => {
    const world = new EnforcedWorld();
    const running = await world.add();
    await world.spend(12);
    world.clock.advance(7 * HOUR);
    expect(await world.run()).toEqual({ stopped: 0, more: false });
    expect((await world.now(running)).desired.state).toBe('running');
  });

  it('stops the first of many, and the rest with the next checks', async () => {
    const world = new EnforcedWorld({ dailyLimitUsd: 1, enforcement: 'stop' });
    for (let made = 0; made < MOST_STOPS + 3; made += 1) await world.add({ price: { usdPerHour: 1 + made } });
    await world.spend(1);
    const { stops, total } = await world.plan.make(SIGNAL);
    expect([stops.length, total]).toEqual([MOST_STOPS, MOST_STOPS + 3]);
    expect(stops[0]).toMatchObject({ usdPerHour: MOST_STOPS + 3, isIdle: true });
    expect(await world.run()).toEqual({ stopped: MOST_STOPS, more: true });
    expect(await world.run()).toEqual({ stopped: 3, more: false });
  });

  it('leaves alone what is leased between the decision and the write', async () => {
    const world = new EnforcedWorld();
    const running = await world.add({ price: { usdPerHour: 9 } });
    await world.spend(2);
    const { records, idle } = world.store;
    const claim = idle.claim.bind(idle);
    vi.spyOn(idle, 'claim').mockImplementationOnce(async (next, how) => {
      const current = await world.now(running);
      await records.write({ ...current, autoStop: world.lease().autoStop ?? {} }, { kind: 'command' });
      return claim(next, how);
    });
    expect(await world.run()).toEqual({ stopped: 0, more: false });
    expect((await world.now(running)).desired.state).toBe('running');
  });

  it('stops what is used all the time', async () => {
    const world = new EnforcedWorld();
    const running = await world.add({ price: { usdPerHour: 9 } });
    await world.spend(2);
    const { idle } = world.store;
    const claim = idle.claim.bind(idle);
    vi.spyOn(idle, 'claim').mockImplementationOnce(async (next, how) => {
      await idle.touch(running.id, world.clock.timestamp());
      return claim(next, how);
    });
    expect(await world.run()).toEqual({ stopped: 1, more: false });
  });
});

describe('a stop of a limit that webhook endpoints hold', () => {
  async function held(): Promise<{ world: EnforcedWorld; record: InstanceRecord }> {
    const world = new EnforcedWorld();
    world.holders = ['whe_a'];
    const record = await world.add({ price: { usdPerHour: 9 } });
    await world.spend(2);
    expect(await world.run()).toEqual({ stopped: 0, more: false });
    expect(await world.now(record)).toMatchObject({
      desired: { state: 'running' },
      stopHold: { by: 'spend-limit', occasion: '2026-03-02', ended: null },
    });
    return { world, record };
  }
  const goOn = async (world: EnforcedWorld, record: InstanceRecord): Promise<InstanceRecord> => {
    const stored = await world.store.records.get(record.id);
    if (stored !== null) await world.judge.goOn(stored);
    return world.now(record);
  };

  it('waits, and goes on when its time is over', async () => {
    const { world, record } = await held();
    const { revision } = await world.now(record);
    await world.run();
    expect((await world.now(record)).revision).toBe(revision);
    world.clock.advance(121_000);
    world.redis.settlesInMs = 1_000;
    expect(await goOn(world, record)).toMatchObject({ desired: { state: 'running' }, stopHold: { ended: null } });
    world.redis.settlesInMs = 0;
    expect(await goOn(world, record)).toMatchObject({
      desired: { state: 'stopped', by: 'spend-limit' },
      stopHold: { ended: { outcome: 'timed-out' } },
    });
    expect(await world.stopsCounted()).toBe(1);
  });

  it('is called off when the instance was leased meanwhile, or the day is over', async () => {
    const { world, record } = await held();
    await world.store.records.write({ ...(await world.now(record)), ...world.lease() } as InstanceRecord, {
      kind: 'command',
    });
    world.clock.advance(121_000);
    expect(await goOn(world, record)).toMatchObject({
      desired: { state: 'running' },
      stopHold: { ended: { outcome: 'called-off' } },
    });
    const other = await held();
    other.world.clock.advance(24 * HOUR);
    expect(await goOn(other.world, other.record)).toMatchObject({
      desired: { state: 'running' },
      stopHold: { ended: { outcome: 'called-off' } },
    });
  });

  it('waits for one of auto-stop that is under way', async () => {
    const world = new EnforcedWorld();
    const record = await world.add({ price: { usdPerHour: 9 } });
    await world.spend(2);
    const now = world.clock.now();
    const stop = { by: 'auto-stop', occasion: 'p' } as const;
    await world.store.records.write(withHold(await world.now(record), stop, 'idle', ['whe_a'], now, 120_000), {
      kind: 'command',
    });
    expect(await world.run()).toEqual({ stopped: 0, more: false });
    const { stopHold } = await world.now(record);
    expect(stopHold).toMatchObject({ by: 'auto-stop', ended: null });
    expect(msFromTimestamp(stopHold?.until ?? ('' as Timestamp))).toBe(now + 120_000);
  });
});
