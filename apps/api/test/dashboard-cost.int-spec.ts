import { AutoStopModule } from '@app/auto-stop';
import {
  ChangeFeedModule,
  FleetFreshness,
  FleetView,
  IdleTracker,
  type InstanceId,
  InstanceRecords,
  InstanceStoreModule,
  type NovitaInstanceId,
  redisStore,
} from '@app/instance-store';
import { JobsModule } from '@app/jobs';
import { LifecycleModule } from '@app/lifecycle';
import { NovitaClientModule } from '@app/novita-client';
import { Clock, PlatformModule } from '@app/platform';
import { RedisModule } from '@app/redis';
import { loadSettings } from '@app/settings';
import { FleetHistory, SpendModule, SpendReports } from '@app/spend';
import {
  aNewInstance,
  FakeClock,
  type InstanceOverrides,
  type RedisFixture,
  seedInstances,
  startRedis,
} from '@app/testing';
import { Global, Module, type Provider, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { DashboardReads } from '../src/dashboard/dashboard-figures.js';
import { NextStopReads, StoredFigureReads } from '../src/dashboard/stored-figures.js';
import { UnknownFleet } from '../src/instances/unknown-fleet.js';

const KEY_PREFIX = 'figures';
const AT_ONCE = 50;
const MINUTE = 60_000;
/** Figures are remembered for as long. */
const REMEMBERED_MS = 2_000;
/** Of each measurement the fewest commands count: what follows the feed in the background asks now and then. */
const ROUNDS = 4;

@Global()
@Module({
  providers: [{ provide: FleetFreshness, useValue: { instancesAsOf: () => null } }],
  exports: [FleetFreshness],
})
class UnknownFreshnessModule {}

/** What the figures of an API process are read with, over a Redis of the test. */
class FiguresGround {
  private made = 0;
  private passedMs = 0;

  private constructor(
    private readonly redis: Redis,
    private readonly clock: FakeClock,
    /** Keeps the fleet in memory, as an API process does. */
    private readonly following: TestingModule,
    /** Not initialised, so that nothing of it runs by itself. */
    private readonly reading: TestingModule,
    /** Those that were there before. */
    readonly seeded: readonly InstanceId[],
  ) {
    const monotonic = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => monotonic() + this.passedMs);
  }

  /** @param size how many instances the fleet has when the processes begin */
  static async start(url: string, size = 0): Promise<FiguresGround> {
    const clock = new FakeClock(Date.UTC(2026, 0, 1, 12));
    const redis = new Redis(url);
    await redis.flushall();
    const seeded = await seedInstances(redisStore(redis, clock, { keyPrefix: KEY_PREFIX }).records, size);
    const settings = loadSettings({
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      NOVITA_API_KEY: 'sk_test',
      REDIS_URL: url,
      REDIS_KEY_PREFIX: KEY_PREFIX,
    });
    const platform = PlatformModule.forRoot({ processName: 'test', settings });
    const make = (modules: readonly Type[], providers: Provider[] = []): Promise<TestingModule> =>
      Test.createTestingModule({ imports: [platform, RedisModule, InstanceStoreModule, ...modules], providers })
        .overrideProvider(Clock)
        .useValue(clock)
        .compile();
    const following = await make([ChangeFeedModule]);
    await following.init();
    const reading = await make(
      [JobsModule, NovitaClientModule, LifecycleModule, UnknownFreshnessModule, AutoStopModule, SpendModule],
      [
        DashboardReads,
        NextStopReads,
        StoredFigureReads,
        { provide: UnknownFleet, useValue: { reason: () => null } },
        { provide: FleetView, useFactory: () => following.get(FleetView) },
      ],
    );
    return new FiguresGround(redis, clock, following, reading, seeded);
  }

  async stop(): Promise<void> {
    await this.reading.close();
    await this.following.close();
    this.redis.disconnect();
    vi.restoreAllMocks();
  }

  get<Service>(token: abstract new (...args: never[]) => Service): Service {
    return this.reading.get<Service>(token);
  }

  now() {
    return this.clock.timestamp();
  }

  pass(ms: number): void {
    this.clock.advance(ms);
    this.passedMs += ms;
  }

  async add(count: number, overrides: InstanceOverrides): Promise<void> {
    const records = this.get(InstanceRecords);
    const insert = (): Promise<unknown> => {
      this.made += 1;
      return records.insert(aNewInstance({ novitaInstanceId: `n${this.made}` as NovitaInstanceId, ...overrides }));
    };
    // So few at a time that none waits longer than a command may.
    for (let left = count; left > 0; left -= AT_ONCE) {
      await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, insert));
    }
  }

  /**
   * Commands that Redis carries out for a reading, those inside scripts included.
   * @param used are used before each one
   */
  async cost(read: () => Promise<unknown>, used: readonly InstanceId[] = []): Promise<number> {
    const costs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      this.pass(REMEMBERED_MS);
      await Promise.all(used.map((id) => this.get(IdleTracker).touch(id, this.now())));
      const before = await this.commandsSoFar();
      await read();
      costs.push((await this.commandsSoFar()) - before);
    }
    return Math.min(...costs);
  }

  private async commandsSoFar(): Promise<number> {
    const info = await this.redis.info('commandstats');
    const calls = [...info.matchAll(/cmdstat_(?!info)\S+:calls=(\d+)/g)].map(([, n]) => Number(n));
    return calls.reduce((sum, n) => sum + n, 0);
  }
}

let server: RedisFixture;
let ground: FiguresGround | null = null;

beforeAll(async () => {
  server = await startRedis();
});
afterEach(async () => {
  await ground?.stop();
  ground = null;
});
afterAll(async () => {
  await server?.stop();
});

it('the dashboard costs the same for 10 and for 1,000 instances, and for 60 and 500 that stand idle', {
  timeout: 60_000,
}, async () => {
  ground = await FiguresGround.start(server.url);
  const { add, cost } = { add: ground.add.bind(ground), cost: ground.cost.bind(ground) };
  const reads = ground.get(DashboardReads);
  const read = (): Promise<unknown> => reads.read(24);
  const at = ground.now();
  const idle = { status: 'ready', timestamps: { ready: at } } as const;
  const busy = { status: 'ready', spec: { billingMode: 'monthly' }, deadlines: { nextReconcileAt: at } } as const;
  const waiting = { status: 'stopping', desired: { state: 'stopped', at, by: 'user:a' } } as const;
  const orphan = { status: 'ready', origin: 'discovered', marker: '' } as const;
  for (const overrides of [idle, idle, busy, busy, busy, waiting, waiting, waiting, orphan, orphan]) {
    await add(1, overrides);
  }
  ground.pass(10 * MINUTE);
  await ground.get(FleetHistory).record({ at: ground.now(), running: 10, usdPerHour: 3.5 });
  const small = await cost(read);
  await add(490, busy);
  await add(250, waiting);
  await add(250, orphan);
  expect(await cost(read)).toBe(small);
  // All who ask within two seconds get the same.
  const [first, second] = await Promise.all([reads.read(24), reads.read(24)]);
  expect(second.summary).toBe(first.summary);
  expect(first).toMatchObject({
    counts: { total: 1_000, discovered: 252 },
    waiting: { overdue: 253 },
    summary: { orphans: { instances: 252 }, attention: { byReason: { overdue: 493, unconfirmed: 253 } } },
    autoStop: { next: { record: { status: 'ready' } } },
    history: [{ running: 10 }, { running: 1_000 }],
  });

  await add(58, idle);
  const many = await cost(read);
  await add(440, idle);
  expect(await cost(read)).toBe(many);
  // For each of the first 50 candidates one command more.
  expect(many - small).toBe(48);
});

it('every figure costs the same at 100 and at 3,000 instances, of which twenty are used meanwhile', {
  timeout: 120_000,
}, async () => {
  const costs: Record<string, number>[] = [];
  for (const size of [100, 3_000]) {
    ground = await FiguresGround.start(server.url, size);
    const [fleet, reads, spend] = [ground.get(FleetView), ground.get(DashboardReads), ground.get(SpendReports)];
    expect((await fleet.summarize({})).total).toBe(size);
    const used = ground.seeded.slice(0, 20);
    costs.push({
      summary: await ground.cost(() => fleet.summarize({}), used),
      filtered: await ground.cost(() => fleet.summarize({ show: 'idle' }), used),
      match: await ground.cost(() => fleet.match({ show: 'idle' }), used),
      dashboard: await ground.cost(() => reads.read(24), used),
      spend: await ground.cost(() => Promise.all([spend.report(5), fleet.summarize({})]), used),
      'by idleness': await ground.cost(() => fleet.list({ sort: 'idle', limit: 50 }), used),
    });
    // What was used is known to have been.
    const { instances } = await fleet.list({ sort: 'idle', limit: 200, ids: used, statuses: ['ready'] });
    expect(instances.every(({ lastUsedAt }) => lastUsedAt === ground?.now())).toBe(true);
    await ground.stop();
    ground = null;
  }
  expect(costs[1]).toEqual(costs[0]);
  expect(costs[1]?.['summary']).toBeLessThan(10);
});
