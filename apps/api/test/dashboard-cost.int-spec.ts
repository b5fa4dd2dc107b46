import { AutoStopModule } from '@app/auto-stop';
import {
  FleetFreshness,
  FleetView,
  InstanceRecords,
  InstanceStoreModule,
  type NovitaInstanceId,
} from '@app/instance-store';
import { JobsModule } from '@app/jobs';
import { LifecycleModule } from '@app/lifecycle';
import { NovitaClientModule } from '@app/novita-client';
import { Clock, PlatformModule } from '@app/platform';
import { RedisModule } from '@app/redis';
import { loadSettings } from '@app/settings';
import { FleetHistory, SpendModule } from '@app/spend';
import { aNewInstance, FakeClock, type InstanceOverrides, type RedisFixture, startRedis } from '@app/testing';
import { Global, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DashboardReads } from '../src/dashboard/dashboard-figures.js';
import { DeadlineFigures, StoredFigureReads } from '../src/dashboard/stored-figures.js';
import { UnknownFleet } from '../src/instances/unknown-fleet.js';

const AT_ONCE = 50;
const MINUTE = 60_000;

@Global()
@Module({
  providers: [{ provide: FleetFreshness, useValue: { instancesAsOf: () => null } }],
  exports: [FleetFreshness],
})
class UnknownFreshnessModule {}

describe('the cost of the dashboard', () => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1, 12));
  let server: RedisFixture;
  let redis: Redis;
  let app: TestingModule;
  let made = 0;

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
    const settings = loadSettings({
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      NOVITA_API_KEY: 'sk_test',
      REDIS_URL: server.url,
    });
    const platform = PlatformModule.forRoot({ processName: 'test', settings });
    const fleet = [
      JobsModule,
      NovitaClientModule,
      InstanceStoreModule,
      LifecycleModule,
      UnknownFreshnessModule,
      AutoStopModule,
      SpendModule,
    ];
    // Not initialised, so that nothing of it runs by itself.
    const providers = [
      DashboardReads,
      DeadlineFigures,
      StoredFigureReads,
      { provide: UnknownFleet, useValue: { reason: () => null } },
      // Answers from memory.
      {
        provide: FleetView,
        useValue: {
          summarize: async () => {
            const { byStatus, discovered } = await app.get(InstanceRecords).counts();
            return {
              byStatus: Object.fromEntries(
                Object.entries(byStatus).map(([status, instances]) => [status, { instances }]),
              ),
              byOrigin: { discovered: { instances: discovered } },
              orphans: { instances: 502 },
              costUsdPerHour: 0,
              behindSince: null,
            };
          },
          unreadable: () => [],
          storeAwaySince: () => null,
        },
      },
    ];
    app = await Test.createTestingModule({ imports: [platform, RedisModule, ...fleet], providers })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
  });
  afterAll(async () => {
    await app.close();
    redis.disconnect();
    await server.stop();
  });

  async function add(count: number, overrides: InstanceOverrides): Promise<void> {
    const records = app.get(InstanceRecords);
    const insert = (): Promise<unknown> => {
      made += 1;
      return records.insert(aNewInstance({ novitaInstanceId: `n${made}` as NovitaInstanceId, ...overrides }));
    };
    // So few at a time that none waits longer than a command may.
    for (let left = count; left > 0; left -= AT_ONCE) {
      await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, insert));
    }
  }

  /** Commands that Redis carries out for one dashboard, those inside scripts included. */
  async function cost(): Promise<number> {
    const reads = app.get(DashboardReads);
    // What is read for the first time is remembered.
    await reads.read(24);
    clock.advance(2_000);
    const before = await commandsSoFar();
    await reads.read(24);
    const spent = (await commandsSoFar()) - before;
    await Promise.all([reads.read(24), reads.read(24)]);
    expect((await commandsSoFar()) - before).toBe(spent);
    return spent;
  }

  async function commandsSoFar(): Promise<number> {
    const info = await redis.info('commandstats');
    const calls = [...info.matchAll(/cmdstat_(?!info)\S+:calls=(\d+)/g)].map(([, n]) => Number(n));
    return calls.reduce((sum, n) => sum + n, 0);
  }

  it('is the same for 10 and for 2,000 instances, and for 60 and 1,000 that stand idle', async () => {
    const at = clock.timestamp();
    const idle = { status: 'ready', timestamps: { ready: at } } as const;
    const busy = { status: 'ready', spec: { billingMode: 'monthly' }, deadlines: { nextReconcileAt: at } } as const;
    const waiting = { status: 'stopping', desired: { state: 'stopped', at, by: 'user:a' } } as const;
    const orphan = { status: 'ready', origin: 'discovered', marker: '' } as const;
    for (const overrides of [idle, idle, busy, busy, busy, waiting, waiting, waiting, orphan, orphan]) {
      await add(1, overrides);
    }
    clock.advance(10 * MINUTE);
    await app.get(FleetHistory).record({ at: clock.timestamp(), running: 10, usdPerHour: 3.5 });
    const small = await cost();
    await add(990, busy);
    await add(500, waiting);
    await add(500, orphan);
    expect(await cost()).toBe(small);
    expect(await app.get(DashboardReads).read(24)).toMatchObject({
      counts: { total: 2_000, discovered: 502 },
      waiting: { overdue: 503, oldestMs: expect.closeTo(10 * MINUTE, -4) },
      overdue: 993,
      summary: { orphans: { instances: 502 } },
      autoStop: { next: { record: { status: 'ready' } } },
      history: [{ running: 10 }, { running: 2_000 }],
    });

    await add(58, idle);
    const many = await cost();
    await add(940, idle);
    expect(await cost()).toBe(many);
    // For each of the first 50 candidates one command more.
    expect(many - small).toBe(48);
  });
});
