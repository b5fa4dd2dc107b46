import { ChangeFeedModule, FleetView, type InstanceId, type InstanceStore, JournalModule } from '@app/instance-store';
import { JobsModule, JobsWorkerModule } from '@app/jobs';
import {
  Catalogue,
  InstanceCommands,
  LifecycleModule,
  LifecycleWorkerModule,
  ReconcileProcessor,
  ReplacementPreviewsModule,
} from '@app/lifecycle';
import { MetricsRegistry, PlatformModule } from '@app/platform';
import { IoRedisConnections, RedisModule } from '@app/redis';
import { type Sandbox, startSandbox } from '@app/sandbox';
import { loadSettings } from '@app/settings';
import { jobHandlers, type RedisFixture, redisAnswers, startRedis, storeOf } from '@app/testing';
import { type INestApplicationContext, Injectable, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  CheckTrigger,
  FailedMigrations,
  MigrationCheckProcessor,
  MigrationModule,
  MigrationStatus,
  MigrationWorkerModule,
} from '../src/index.js';
import { MemoryMigrationStatsStore, RedisMigrationStatsStore } from '../src/stats/migration-stats-store.js';
import { migrationStatsStoreConformance } from './migration-stats-store.conformance.js';

const CALLER = { keyName: 'test' };

@Injectable()
class NotOurs {
  async handle(): Promise<void> {
    await Promise.reject(new Error('nobody asked for this'));
  }
}

/** A worker process and an API process in one, with everything real but the provider. */
async function startFleet(environment: NodeJS.ProcessEnv): Promise<INestApplicationContext> {
  const settings = loadSettings({
    NODE_ENV: 'test',
    NOVITA_API_KEY: 'sk_test',
    LOG_LEVEL: 'error',
    INSTANCE_POLL_INTERVAL: '100ms',
    CREATE_RETRY_GRACE: '16s',
    DEADLINE_SWEEP_INTERVAL: '500ms',
    NOVITA_TIMEOUT: '15s',
    NOVITA_MAX_REQUESTS_PER_SECOND: '500',
    ...environment,
  });
  @Module({
    imports: [
      PlatformModule.forRoot({ processName: 'test', settings }),
      RedisModule,
      JobsModule,
      JobsWorkerModule.forRoot(
        jobHandlers(NotOurs, {
          RECONCILE_INSTANCE: ReconcileProcessor,
          STARTUP_MONITOR: ReconcileProcessor,
          MIGRATION_CHECK: MigrationCheckProcessor,
        }),
      ),
      ChangeFeedModule,
      JournalModule,
      LifecycleModule,
      LifecycleWorkerModule,
      ReplacementPreviewsModule,
      MigrationModule,
      MigrationWorkerModule,
    ],
    providers: [NotOurs, FailedMigrations],
  })
  class TestApp {}
  return redisAnswers(await NestFactory.createApplicationContext(TestApp, { logger: ['error'] }));
}

let redis: RedisFixture;

beforeAll(async () => {
  Logger.overrideLogger(false);
  redis = await startRedis();
});
afterAll(async () => {
  await redis.stop();
});

describe.each(['memory', 'redis'] as const)('migration with %s', (means) => {
  let sandbox: Sandbox;
  let app: INestApplicationContext;
  let store: InstanceStore;
  let prefixes = 0;

  beforeEach(async () => {
    sandbox = await startSandbox({ migrationEndsIn: 'exited' });
    sandbox.world.restock();
  });
  afterEach(async () => {
    await app.close();
    await sandbox.close();
  });

  const start = async (environment: NodeJS.ProcessEnv): Promise<void> => {
    const kept = means === 'redis' ? { REDIS_URL: redis.url, REDIS_KEY_PREFIX: `migration-${prefixes++}` } : {};
    app = await startFleet({ NOVITA_API_BASE_URL: sandbox.url, ...environment, ...kept });
    store = storeOf(app);
  };
  const recordOf = async (id: InstanceId) => {
    const stored = await store.records.get(id);
    if (stored === null) throw new Error(`no record ${id}`);
    return stored.record;
  };
  const reaches = (id: InstanceId, isThere: (record: Awaited<ReturnType<typeof recordOf>>) => boolean) =>
    vi.waitUntil(
      async () => {
        const record = await recordOf(id);
        return isThere(record) && record;
      },
      { timeout: 120_000, interval: 20 },
    );
  const create = async (name: string): Promise<InstanceId> => {
    const request = { name, productName: 'RTX 4090', image: 'nginx', region: 'any', billingMode: 'spot' } as const;
    const { id } = (await app.get(InstanceCommands).create(request, CALLER)).record;
    await reaches(id, ({ status }) => status === 'ready');
    return id;
  };
  const reclaim = async (ids: readonly InstanceId[]): Promise<void> => {
    for (const id of ids) {
      sandbox.faults.add({ kind: 'spot-reclaim', instanceId: (await recordOf(id)).novitaInstanceId ?? '' });
    }
  };

  it('finds what no other read has shown, and never has more than five migrations under way', async () => {
    await start({ MIGRATION_INTERVAL_MINUTES: '1s' });
    const ids = await Promise.all(Array.from({ length: 8 }, (_, i) => create(`spot-${i}`)));
    const stuck = sandbox.faults.add({ kind: 'stuck', status: 'migrating' });
    await reclaim(ids);
    const status = app.get(MigrationStatus);
    await vi.waitUntil(() => sandbox.world.migrationJobs().length === 5, { timeout: 120_000 });
    // The others had their turn and found no place.
    await vi.waitUntil(
      async () => (await Promise.all(ids.map(recordOf))).every(({ migration }) => migration?.state !== undefined),
      { timeout: 60_000 },
    );
    expect(await status.inFlight()).toBe(5);
    expect(sandbox.world.migrationJobs()).toHaveLength(5);
    const gauge = await app.get(MetricsRegistry).fleet.getSingleMetricAsString('novita_fleet_migrations_in_flight');
    expect(gauge).toContain('novita_fleet_migrations_in_flight 5');
    sandbox.faults.clear(stuck);
    await Promise.all(ids.map((id) => reaches(id, (r) => r.status === 'ready' && r.migration?.state === 'done')));
    expect(sandbox.world.migrationJobs()).toHaveLength(8);
    expect((await status.read()).lastRun?.trigger).toBe('schedule');
    expect((await status.read()).totals.handedOver).toBeGreaterThanOrEqual(5);
    const metrics = await app.get(MetricsRegistry).metrics();
    expect(metrics).toContain('novita_fleet_migrations_total{outcome="migrated"} 8');
    expect(metrics).toContain('novita_fleet_migrations_total{outcome="timed_out"} 0');
    expect(metrics).toContain('novita_fleet_migration_duration_seconds_count 8');
  });

  it('tries a failed migration again when a person asks for it, and leaves a stopped one alone', async () => {
    await start({ MIGRATION_INTERVAL_MINUTES: '1h' });
    const [failed, stopped] = await Promise.all([create('failed'), create('stopped')]);
    sandbox.faults.add({ operation: 'migrateInstance', kind: 'fail-start', message: 'no such node', times: 2 });
    await reclaim([failed, stopped]);
    await vi.waitUntil(
      () => sandbox.world.instances().filter(({ spotStatus }) => spotStatus === 'terminated').length === 2,
    );
    await app.get(CheckTrigger).trigger({ dryRun: false }, CALLER);
    await reaches(failed, ({ migration }) => migration?.state === 'failed');
    await reaches(stopped, ({ migration }) => migration?.state === 'failed');
    await app.get(InstanceCommands).run('stop', stopped, CALLER);
    await reaches(stopped, ({ status, confirmedAt }) => status !== 'stopping' && confirmedAt !== null);
    await vi.waitUntil(async () => (await app.get(FleetView).get(stopped))?.record.desired.state === 'stopped');
    const before = await recordOf(failed);
    expect(await app.get(FailedMigrations).retry({ dryRun: true }, CALLER)).toEqual({
      dryRun: true,
      checked: 1,
      retried: 0,
      more: false,
      instances: [{ id: failed, name: 'failed', action: 'would-retry', reason: 'its next attempt is brought forward' }],
    });
    expect(await recordOf(failed)).toEqual(before);
    const report = await app.get(FailedMigrations).retry({ dryRun: false }, CALLER);
    expect(report.instances.map(({ id }) => id)).not.toContain(stopped);
    await reaches(failed, ({ status, migration }) => status === 'ready' && migration?.state === 'done');
    expect((await recordOf(stopped)).desired).toMatchObject({ state: 'stopped', by: 'user:test' });
  });

  it('names in a dry run what it would buy for want of stock, and at what price, and buys nothing', async () => {
    await start({ MIGRATION_FALLBACK: 'same-or-better', MIGRATION_ENABLED: 'false' });
    const id = await create('dry');
    await reclaim([id]);
    await vi.waitUntil(() => sandbox.world.instances().some(({ spotStatus }) => spotStatus === 'terminated'));
    const { spec, price } = await recordOf(id);
    sandbox.world.restock(spec.productId, 0);
    // Otherwise the offers are those of a minute ago at most, as for a purchase.
    const { value: products } = await app.get(Catalogue).products({ maxAgeMs: 0 });
    const calls = (operation: string) => sandbox.world.callLog().filter((call) => call.operation === operation).length;
    const outcome = await app.get(CheckTrigger).trigger({ dryRun: true }, CALLER);
    if (outcome.kind !== 'report') throw new Error('a dry run answers a report');
    const [verdict] = outcome.report.verdicts;
    if (verdict?.ifOutOfStock?.kind !== 'would-buy') throw new Error(JSON.stringify(outcome));
    const { product, agreedUsdPerHour } = verdict.ifOutOfStock;
    expect(agreedUsdPerHour).toBe(price.usdPerHour);
    expect(product.productId).not.toBe(spec.productId);
    const offered = products.find((one) => one.id === product.productId);
    expect(product).toMatchObject({ productName: offered?.name, usdPerHour: offered?.spotUsdPerHour });
    expect(product.usdPerHour).toBeLessThanOrEqual((price.usdPerHour ?? 0) * 1.2);
    expect([calls('createInstance'), calls('migrateInstance')]).toEqual([1, 0]);
  });

  it('writes nothing in a dry run, and says that it is switched off', async () => {
    await start({ MIGRATION_ENABLED: 'false' });
    const id = await create('dry');
    await reclaim([id]);
    await vi.waitUntil(() => sandbox.world.instances().some(({ spotStatus }) => spotStatus === 'terminated'));
    const before = await recordOf(id);
    const outcome = await app.get(CheckTrigger).trigger({ dryRun: true }, CALLER);
    expect(outcome).toMatchObject({ kind: 'report', report: { dryRun: true, eligible: 1, handedOver: 0 } });
    expect(await recordOf(id)).toEqual(before);
    await expect(app.get(CheckTrigger).trigger({ dryRun: false }, CALLER)).rejects.toThrow('MIGRATION_ENABLED');
  });
});

describe('MemoryMigrationStatsStore', () => {
  migrationStatsStoreConformance(() => {
    const store = new MemoryMigrationStatsStore();
    return { store, other: store };
  });
});

describe('RedisMigrationStatsStore', () => {
  let connections: IoRedisConnections;
  let prefixes = 0;
  beforeAll(() => {
    connections = new IoRedisConnections({ url: redis.url, processName: 'test' });
  });
  afterAll(async () => {
    await connections.close();
  });

  migrationStatsStoreConformance(() => {
    const prefix = `stats-${prefixes++}`;
    const make = () => new RedisMigrationStatsStore(connections, prefix);
    return { store: make(), other: make() };
  });
});
