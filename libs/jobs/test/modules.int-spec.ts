import { MetricsRegistry, msFromTimestamp, PlatformModule } from '@app/platform';
import { RedisConnections, RedisModule } from '@app/redis';
import { loadSettings } from '@app/settings';
import { jobHandlers, type RedisFixture, redisAnswers, startRedis } from '@app/testing';
import { getQueueToken } from '@nestjs/bullmq';
import { type INestApplicationContext, Injectable, Module, type OnModuleInit, type Type } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import type { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type JobContext,
  type JobHandler,
  JobQueue,
  JobSchedules,
  JobsModule,
  JobsWorkerModule,
  NoJobHandlersError,
  RECONCILE_INSTANCE,
  type ReconcilePayload,
  SYNC_FLEET,
  type SyncPayload,
  WorkerPresence,
} from '../src/index.js';
import { idle, until } from './fixtures.js';

const EVERY_MS = 60_000;
const SYNC_PAYLOAD: SyncPayload = {
  runId: '',
  trigger: 'schedule',
  requestedBy: 'sync',
  forceSync: false,
  handleObsoleteInstances: true,
  dryRun: false,
  resources: '',
  unlessRunSince: 0,
  retry: 0,
};
const instanceId = 'ins_01JABCDEFGHJKMNPQRSTVWXYZ0';

@Injectable()
class Reconciler implements JobHandler<ReconcilePayload> {
  readonly seen: string[] = [];
  aborted = false;
  holds = false;

  async handle({ instanceId: id }: ReconcilePayload, { signal }: JobContext): Promise<void> {
    this.seen.push(id);
    if (!this.holds) return;
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    this.aborted = true;
  }
}

@Injectable()
class Syncer implements JobHandler<SyncPayload> {
  runs = 0;

  async handle(): Promise<void> {
    this.runs += 1;
  }
}

@Injectable()
class Checker {
  async handle(): Promise<void> {
    await Promise.reject(new Error('nobody asked for this'));
  }
}

const HANDLERS = jobHandlers(Checker, {
  RECONCILE_INSTANCE: Reconciler,
  STARTUP_MONITOR: Reconciler,
  SYNC_FLEET: Syncer,
});

/** A feature that has schedules, as both kinds of process import it. */
@Module({})
class Feature implements OnModuleInit {
  constructor(private readonly schedules: JobSchedules) {}

  onModuleInit(): void {
    this.schedules.add({ key: 'sync', job: SYNC_FLEET, payload: SYNC_PAYLOAD, everyMs: EVERY_MS });
    this.schedules.add({ key: 'retired', job: SYNC_FLEET, payload: SYNC_PAYLOAD, everyMs: null });
  }
}

@Module({ imports: [JobsModule, JobsWorkerModule.forRoot(HANDLERS)], providers: [Checker, Reconciler, Syncer] })
class WorkerApp {}

@Module({ imports: [JobsModule] })
class ApiApp {}

@Module({ imports: [WorkerApp, Feature] })
class SchedulingWorkerApp {}

@Module({ imports: [ApiApp, Feature] })
class SchedulingApiApp {}

@Module({ imports: [JobsModule, JobsWorkerModule.forRoot(HANDLERS)], providers: [Checker, Reconciler] })
class WorkerWithoutSync {}

@Module({ imports: [JobsModule, JobsWorkerModule.forRoot(HANDLERS)] })
class WorkerWithoutHandlers {}

describe('JobsModule and JobsWorkerModule', () => {
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

  const boot = async (app: Type, environment: Record<string, string> = {}): Promise<INestApplicationContext> => {
    const settings = loadSettings({ NODE_ENV: 'test', LOG_LEVEL: 'silent', SHUTDOWN_TIMEOUT: '3s', ...environment });
    const platform = PlatformModule.forRoot({ processName: 'test', settings });
    const module = await Test.createTestingModule({ imports: [platform, RedisModule, app] }).compile();
    apps.push(module);
    await module.init();
    return redisAnswers(module);
  };
  const withRedis = (prefix: string) => ({ REDIS_URL: redis.url, REDIS_KEY_PREFIX: prefix });

  it('run jobs in process without Redis', async () => {
    const app = await boot(WorkerApp);
    await app.get(JobQueue).enqueue(RECONCILE_INSTANCE, { instanceId });
    await until(() => app.get(Reconciler).seen.length === 1);
    expect(app.get(Reconciler).seen).toEqual([instanceId]);
    expect(await app.get(WorkerPresence).isAnyAlive()).toBe(true);
    expect(app.get(getQueueToken('lifecycle'))).toBeNull();
  });

  it('refuse to enqueue without Redis where no job is run', async () => {
    const app = await boot(ApiApp);
    await expect(app.get(JobQueue).enqueue(RECONCILE_INSTANCE, { instanceId })).rejects.toThrow(NoJobHandlersError);
    expect(await app.get(WorkerPresence).isAnyAlive()).toBe(false);
  });

  it('refuse to start a worker that is not given the classes that run its jobs', async () => {
    await expect(boot(WorkerWithoutHandlers)).rejects.toThrow(
      /job RECONCILE_INSTANCE of queue lifecycle has no handler: Reconciler is not provided.*STARTUP_MONITOR.*SYNC_FLEET/,
    );
    await expect(boot(WorkerWithoutSync)).rejects.toThrow(/^job SYNC_FLEET of queue sync has no handler: Syncer[^;]*$/);
  });

  it('let only the worker process run jobs, and say whether one is alive', async () => {
    const api = await boot(ApiApp, withRedis('roles'));
    await api.get(JobQueue).enqueue(RECONCILE_INSTANCE, { instanceId });
    expect(await api.get(WorkerPresence).isAnyAlive()).toBe(false);
    expect(await api.get(JobQueue).counts('lifecycle')).toMatchObject({ waiting: 1, active: 0 });

    const worker = await boot(WorkerApp, withRedis('roles'));
    await until(() => worker.get(Reconciler).seen.length === 1);
    await vi.waitUntil(() => api.get(WorkerPresence).isAnyAlive());
    await idle(api.get(JobQueue));
    expect(api.get(getQueueToken('lifecycle'))).toMatchObject({ name: 'lifecycle' });

    apps = apps.filter((app) => app !== worker);
    await worker.close();
    expect(await api.get(WorkerPresence).isAnyAlive()).toBe(false);
  });

  it('keep the declared schedules in workers only, and repair one whose timer was lost', async () => {
    const environment = { ...withRedis('schedules'), DEADLINE_SWEEP_INTERVAL: '100ms' };
    const api = await boot(SchedulingApiApp, environment);
    const queue = api.get(JobQueue);
    const raw = api.get<Queue>(getQueueToken('sync'));
    const { commands } = api.get(RedisConnections);
    await queue.schedule('retired', SYNC_FLEET, SYNC_PAYLOAD, EVERY_MS);
    expect(await queue.nextRunOf('sync', SYNC_FLEET)).toBeNull();

    const worker = await boot(SchedulingWorkerApp, environment);
    const syncer = worker.get(Syncer);
    await until(() => syncer.runs >= 1);
    expect(await queue.nextRunOf('retired', SYNC_FLEET)).toBeNull();
    const due = await vi.waitUntil(async () => {
      const next = await queue.nextRunOf('sync', SYNC_FLEET);
      return next !== null && msFromTimestamp(next) > Date.now() ? next : null;
    });
    // The schedule that was removed had a run waiting already.
    await idle(queue, 1, 'sync');
    const { runs } = syncer;
    expect(await commands.del(raw.toKey('delayed'))).toBe(1);
    await until(async () => (await queue.nextRunOf('sync', SYNC_FLEET)) === due, 2_000);
    expect(syncer.runs).toBe(runs);
  });

  it('keep the declared schedules without Redis too', async () => {
    const app = await boot(SchedulingWorkerApp);
    await until(() => app.get(Syncer).runs === 1);
    expect(await app.get(JobQueue).nextRunOf('sync', SYNC_FLEET)).not.toBeNull();
    expect(await app.get(JobQueue).nextRunOf('retired', SYNC_FLEET)).toBeNull();
    await app.close();
    apps = [];
    expect(app.get(SchedulerRegistry).getTimeouts()).toEqual([]);
  });

  it('give a running job back at shutdown, in time', async () => {
    const worker = await boot(WorkerApp, withRedis('drain'));
    const reconciler = worker.get(Reconciler);
    reconciler.holds = true;
    await worker.get(JobQueue).enqueue(RECONCILE_INSTANCE, { instanceId });
    await until(() => reconciler.seen.length === 1);
    apps = [];
    const began = Date.now();
    await worker.close();
    expect(Date.now() - began).toBeLessThan(20_000);
    expect(reconciler.aborted).toBe(true);
    const api = await boot(ApiApp, withRedis('drain'));
    expect(await api.get(JobQueue).counts('lifecycle')).toMatchObject({ waiting: 1, active: 0 });
  });

  it('show the depth of the queue and that no worker takes its jobs, and nothing rather than zero while Redis is away', async () => {
    const own = await startRedis();
    try {
      const api = await boot(ApiApp, { REDIS_URL: own.url });
      await api.get(JobQueue).enqueue(RECONCILE_INSTANCE, { instanceId }, { delayMs: 60_000 });
      const registry = api.get(MetricsRegistry);
      expect(await registry.metrics()).toContain('novita_fleet_queue_jobs{queue="lifecycle",state="delayed"} 1');
      expect(await registry.metrics()).toContain('novita_fleet_queue_has_worker{queue="lifecycle"} 0');
      await own.kill();
      const away = await registry.metrics();
      expect(away).toContain('# TYPE novita_fleet_queue_jobs gauge');
      expect(away).not.toContain('novita_fleet_queue_jobs{');
      expect(away).not.toContain('novita_fleet_queue_has_worker{');
    } finally {
      await Promise.all(apps.map((app) => app.close()));
      apps = [];
      await own.stop();
    }
  });
});
