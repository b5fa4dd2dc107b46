import {
  BEFORE_FIRST_ENTRY,
  ChangeFeed,
  type FeedEntry,
  FleetFreshness,
  type NovitaInstanceId,
} from '@app/instance-store';
import { JobQueue, JobsModule, JobsWorkerModule, SPEND_ACCRUAL } from '@app/jobs';
import { PlatformModule, timestampFromMs } from '@app/platform';
import { RedisModule } from '@app/redis';
import { loadSettings } from '@app/settings';
import { aNewInstance, jobHandlers, type RedisFixture, redisAnswers, startRedis, storeOf } from '@app/testing';
import { Global, type INestApplicationContext, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { FleetHistory, SpendAccrual, SpendModule, SpendReports, SpendWorkerModule } from '../src/index.js';

/** A worker does not start while a job has no handler; these are other features'. */
@Injectable()
class NotOurs {
  handle(): Promise<void> {
    return Promise.resolve();
  }
}

@Global()
@Module({
  providers: [
    { provide: FleetFreshness, useValue: { instancesAsOf: () => timestampFromMs(0) } satisfies FleetFreshness },
  ],
  exports: [FleetFreshness],
})
class ListedFleetModule {}

let redis: RedisFixture;
let app: INestApplicationContext;
let prefixes = 0;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(() => app.close());

async function start(environment: NodeJS.ProcessEnv): Promise<void> {
  const settings = loadSettings({
    NODE_ENV: 'test',
    NOVITA_API_KEY: 'sk_test',
    LOG_LEVEL: 'silent',
    REDIS_KEY_PREFIX: `test-${prefixes++}`,
    DEADLINE_SWEEP_INTERVAL: '500ms',
    AUTO_STOP_INTERVAL: '1s',
    ...environment,
  });
  @Module({
    imports: [
      PlatformModule.forRoot({ processName: 'test', settings }),
      RedisModule,
      JobsModule,
      JobsWorkerModule.forRoot(jobHandlers(NotOurs, { SPEND_ACCRUAL: SpendAccrual })),
      ListedFleetModule,
      SpendModule,
      SpendWorkerModule,
    ],
    providers: [NotOurs],
  })
  class TestApp {}
  app = await redisAnswers(await NestFactory.createApplicationContext(TestApp, { logger: false }));
}

describe.each(['memory', 'redis'] as const)('spend with records and jobs in %s', (means) => {
  it('is accrued in every interval, watched, and rejects creates past the limit, with auto-stop off', async () => {
    await start({
      ...(means === 'redis' ? { REDIS_URL: redis.url } : {}),
      AUTO_STOP_ENABLED: 'false',
      SPEND_DAILY_LIMIT_USD: '0.01',
      SPEND_ENFORCE: 'true',
    });
    const store = storeOf(app);
    const feed = app.get(ChangeFeed);
    const reports = app.get(SpendReports);
    await reports.assertWithinLimit({ kind: 'create', owner: null });
    // A cent in 36 ms.
    const price = { usdPerHour: 1_000 };
    const novitaInstanceId = 'n1' as NovitaInstanceId;
    await store.records.insert(aNewInstance({ name: 'dear', status: 'ready', novitaInstanceId, price }));

    const events = new Map<string, FeedEntry>();
    await vi.waitUntil(
      async () => {
        for (const entry of (await feed.after(BEFORE_FIRST_ENTRY, 100)) ?? []) events.set(entry.entryId, entry);
        return events.size >= 3;
      },
      { timeout: 10_000, interval: 20 },
    );
    const levels = [...events.values()].flatMap((entry) =>
      entry.type === 'spend.warning' ? [entry.data.levelPercent] : [],
    );
    expect(levels).toEqual([80, 100]);
    await vi.waitUntil(
      () =>
        reports.assertWithinLimit({ kind: 'create', owner: null }).then(
          () => false,
          (error: unknown) => (error as { type: { code: string } }).type.code === 'spend-limit-reached',
        ),
      { timeout: 5_000, interval: 50 },
    );
    await vi.waitUntil(async () => (await reports.report(5)).today.length > 0, { timeout: 5_000, interval: 50 });
    const { today, limit } = await reports.report(5);
    expect(today).toMatchObject([{ name: 'dear' }]);
    expect(limit).toEqual({ dailyUsd: 0.01, enforced: true, stops: false, reached: true });
    expect(await app.get(JobQueue).nextRunOf('spend', SPEND_ACCRUAL)).not.toBeNull();
  });

  it('begins its history when the fleet is first started, however long the interval', async () => {
    await start({ ...(means === 'redis' ? { REDIS_URL: redis.url } : {}), AUTO_STOP_INTERVAL: '30m' });
    const history = app.get(FleetHistory);
    const samples = await vi.waitUntil(
      async () => {
        const latest = await history.latest(timestampFromMs(0));
        return latest.length > 0 ? latest : null;
      },
      { timeout: 5_000, interval: 20 },
    );
    expect(samples).toMatchObject([{ running: 0, usdPerHour: 0 }]);
  });
});
