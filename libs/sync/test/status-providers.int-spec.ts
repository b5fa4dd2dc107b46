import { InstanceStoreModule } from '@app/instance-store';
import { HealthReporter, MetricsRegistry, PlatformModule } from '@app/platform';
import { IoRedisConnections, LockKeeper, RedisModule } from '@app/redis';
import { loadSettings } from '@app/settings';
import { MemorySyncStatusStore, RedisSyncStatusStore, SyncStatusStore, SyncStatusView } from '@app/sync-status';
import { type RedisFixture, redisAnswers, startRedis } from '@app/testing';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { SYNC_LOCK } from '../src/model/sync-run.js';
import { STATUS_PROVIDERS } from '../src/sync.module.js';
import { aRun } from './fakes/a-run.js';

const LOCK_CLAIM = { owner: 'test', purpose: 'test', ttlMs: 60_000 };

@Module({ imports: [InstanceStoreModule], providers: [...STATUS_PROVIDERS] })
class StatusModule {}

describe('the providers of the status', () => {
  let redis: RedisFixture;
  let apps: INestApplicationContext[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    apps = [];
  });
  afterAll(() => redis.stop());

  const boot = async (environment: Record<string, string> = {}): Promise<INestApplicationContext> => {
    const settings = loadSettings({ NODE_ENV: 'test', LOG_LEVEL: 'silent', ...environment });
    const platform = PlatformModule.forRoot({ processName: 'test', settings });
    const app = await Test.createTestingModule({ imports: [platform, RedisModule, StatusModule] }).compile();
    apps.push(app);
    await app.init();
    return redisAnswers(app);
  };
  const publish = async (app: INestApplicationContext): Promise<void> => {
    const answer = await app.get(LockKeeper).acquire(SYNC_LOCK, LOCK_CLAIM);
    if (!answer.acquired) throw new Error('somebody holds it');
    await app.get(SyncStatusStore).publish('sync.started', aRun(), answer.hold);
  };
  const untilStarted = (app: INestApplicationContext): Promise<void> =>
    vi.waitFor(() => expect(app.get(SyncStatusView).current().run.runId).toBe(aRun().runId), { timeout: 5_000 });

  it('keep it in memory without Redis, under the lock in memory', async () => {
    const app = await boot();
    expect(app.get(SyncStatusStore)).toBeInstanceOf(MemorySyncStatusStore);
    await publish(app);
    await untilStarted(app);
  });

  it('show every process what one of them published', async () => {
    const environment = { REDIS_URL: redis.url, REDIS_KEY_PREFIX: 'shared' };
    const worker = await boot(environment);
    const api = await boot(environment);
    expect(worker.get(SyncStatusStore)).toBeInstanceOf(RedisSyncStatusStore);
    await publish(worker);
    await untilStarted(api);
    const late = await boot(environment);
    expect(late.get(SyncStatusView).current().run.runId).toBe(aRun().runId);
    const { details } = await late.get(HealthReporter).report();
    expect(details).toMatchObject({
      sync: { held: false, paused: false },
      syncLock: { status: 'up', held: true, owner: LOCK_CLAIM.owner, purpose: LOCK_CLAIM.purpose },
      instanceCache: { status: 'up', size: 0 },
    });
    expect(await late.get(MetricsRegistry).metrics()).toMatch(/^novita_fleet_sync_in_progress [01]$/m);
    // What is the same in every process is shown by one of them.
    expect(await api.get(MetricsRegistry).metrics()).not.toMatch(/^novita_fleet_sync_in_progress/m);
  });

  it('end with the process at once although a reader waits for events', async () => {
    const app = await boot({ REDIS_URL: redis.url, REDIS_KEY_PREFIX: 'ended' });
    const probe = new IoRedisConnections({ url: redis.url, processName: 'probe' });
    const clients = async (): Promise<string> => (await probe.commands.client('LIST')) as string;
    await vi.waitFor(async () => expect(await clients()).toMatch(/name=test-sync-status.*cmd=xread/), {
      timeout: 5_000,
    });
    const began = performance.now();
    await app.close();
    apps = [];
    // A reader that waits for its next event would keep it for 20 s.
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(await clients()).not.toContain('name=test-');
    await probe.close();
  });
});
