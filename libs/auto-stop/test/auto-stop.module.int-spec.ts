import {
  AuditLog,
  BEFORE_FIRST_ENTRY,
  ChangeFeed,
  FleetFreshness,
  type InstanceId,
  InstanceRecords,
} from '@app/instance-store';
import { JobsModule, JobsWorkerModule } from '@app/jobs';
import { Clock, HealthReporter, MetricsRegistry, PlatformModule, timestampFromMs } from '@app/platform';
import { RedisModule } from '@app/redis';
import { loadSettings } from '@app/settings';
import { aNewInstance, jobHandlers, type RedisFixture, redisAnswers, startRedis } from '@app/testing';
import { Global, type INestApplicationContext, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  AutoStopCheckProcessor,
  AutoStopModule,
  AutoStopStatistics,
  AutoStopWorkerModule,
  CheckTrigger,
  IdleExplanations,
} from '../src/index.js';

/** A worker does not start while a job has no handler; these are other features', and what they would do is not of interest. */
@Injectable()
class NotOurs {
  handle(): Promise<void> {
    return Promise.resolve();
  }
}

/** Counts the jobs of another feature that auto-stop asks for. */
@Injectable()
class Accruals extends NotOurs {
  count = 0;

  override handle(): Promise<void> {
    this.count += 1;
    return super.handle();
  }
}

@Global()
@Module({
  providers: [
    {
      provide: FleetFreshness,
      useFactory: (clock: Clock): FleetFreshness => ({ instancesAsOf: () => clock.timestamp() }),
      inject: [Clock],
    },
  ],
  exports: [FleetFreshness],
})
class FreshFleetModule {}

const CALLER = { keyName: 'test' };
let redis: RedisFixture;
let app: INestApplicationContext;
let prefixes = 0;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(() => app.close());

/** A worker process and an API process in one. */
async function start(environment: NodeJS.ProcessEnv): Promise<void> {
  const settings = loadSettings({
    NODE_ENV: 'test',
    NOVITA_API_KEY: 'sk_test',
    LOG_LEVEL: 'silent',
    REDIS_KEY_PREFIX: `test-${prefixes++}`,
    DEADLINE_SWEEP_INTERVAL: '500ms',
    AUTO_STOP_INTERVAL: '1s',
    AUTO_STOP_THRESHOLD: '2s',
    AUTO_STOP_WARNING: '1s',
    ...environment,
  });
  @Module({
    imports: [
      PlatformModule.forRoot({ processName: 'test', settings }),
      RedisModule,
      JobsModule,
      JobsWorkerModule.forRoot(
        jobHandlers(NotOurs, { AUTO_STOP_CHECK: AutoStopCheckProcessor, SPEND_ACCRUAL: Accruals }),
      ),
      FreshFleetModule,
      AutoStopModule,
      AutoStopWorkerModule,
    ],
    providers: [NotOurs, Accruals],
  })
  class TestApp {}
  app = await redisAnswers(await NestFactory.createApplicationContext(TestApp, { logger: false }));
}

async function addReady(): Promise<InstanceId> {
  const at = timestampFromMs(app.get(Clock).now());
  const record = aNewInstance({
    status: 'ready',
    desired: { state: 'running', at, by: 'user:test' },
    timestamps: { created: at, started: at, ready: at },
    observedAt: at,
    source: 'get',
  });
  await app.get(InstanceRecords).insert(record);
  return record.id;
}

const isStopping = (id: InstanceId): Promise<unknown> =>
  vi.waitUntil(async () => (await app.get(InstanceRecords).get(id))?.record.status === 'stopping', {
    timeout: 10_000,
    interval: 20,
  });

describe.each(['memory', 'redis'] as const)('auto-stop with records and jobs in %s', (means) => {
  const environment = (): NodeJS.ProcessEnv => (means === 'redis' ? { REDIS_URL: redis.url } : {});

  it('warns, stops, and reports both', async () => {
    // Long enough for a check that comes a second late to warn all the same.
    await start({ ...environment(), AUTO_STOP_THRESHOLD: '3s', AUTO_STOP_WARNING: '2500ms' });
    const id = await addReady();
    await isStopping(id);
    const changes = (await app.get(ChangeFeed).after(BEFORE_FIRST_ENTRY, 100)) ?? [];
    const types = changes.flatMap((change) =>
      'instanceId' in change && change.instanceId === id ? [change.type] : [],
    );
    expect(types).toEqual(['instance.created', 'instance.auto_stop_warning', 'instance.stopping']);
    await vi.waitUntil(async () => (await app.get(AutoStopStatistics).read()).totals.stopped === 1, { timeout: 5_000 });
    await vi.waitUntil(() => app.get(Accruals).count > 0, { timeout: 5_000 });
    const stats = await app.get(AutoStopStatistics).read();
    expect(stats).toMatchObject({ enabled: true, suspended: null, nextRun: expect.any(String) });
    const kinds = (await app.get(AuditLog).entries(id, 10)).map(({ kind, by }) => [kind, by]);
    expect(kinds).toContainEqual(['wish', 'auto-stop']);
    expect(kinds).toContainEqual(['warning', 'auto-stop']);
    const health = await app.get(HealthReporter).report();
    expect(health.details['autoStop']).toMatchObject({ status: 'up', enabled: true, suspended: false });
    expect(await app.get(MetricsRegistry).metrics()).toMatch(/^novita_fleet_auto_stop_stopped_total 1$/m);
  });

  it('makes a check that somebody asks for', async () => {
    await start({ ...environment(), AUTO_STOP_INTERVAL: '1h' });
    const id = await addReady();
    await vi.waitUntil(async () => (await app.get(IdleExplanations).explain(id)).evaluation.verdict === 'stop', {
      timeout: 5_000,
    });
    expect(await app.get(CheckTrigger).trigger({ dryRun: false }, CALLER)).toMatchObject({ kind: 'begun' });
    await isStopping(id);
  });
});

describe('in Redis', () => {
  it('goes on within a sweep when every delayed job was deleted by hand', async () => {
    await start({ REDIS_URL: redis.url });
    const statistics = app.get(AutoStopStatistics);
    await vi.waitUntil(async () => (await statistics.read()).lastRun !== null, { timeout: 10_000 });
    const client = new Redis(redis.url);
    try {
      const id = await addReady();
      const keys = await client.keys(`*test-${prefixes - 1}*`);
      const delayed = keys.filter((key) => key.endsWith(':delayed'));
      expect(delayed.length).toBeGreaterThan(0);
      await client.del(delayed);
      await isStopping(id);
    } finally {
      client.disconnect();
    }
  });
});
