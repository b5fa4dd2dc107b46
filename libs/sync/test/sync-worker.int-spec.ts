import { CatalogueMirror, MIRRORED_KINDS } from '@app/catalogue-mirror';
import { BEFORE_FIRST_ENTRY, ChangeFeed, InstanceStore } from '@app/instance-store';
import { JobsModule, JobsWorkerModule } from '@app/jobs';
import { MetricsRegistry, PlatformModule, type Problem } from '@app/platform';
import { LockKeeper, RedisModule } from '@app/redis';
import { type Sandbox, startSandbox } from '@app/sandbox';
import { loadSettings } from '@app/settings';
import { type SyncHistoryEntry, SyncStatusStore, SyncStatusView } from '@app/sync-status';
import { jobHandlers, type RedisFixture, redisAnswers, startRedis, storeOf } from '@app/testing';
import { type INestApplicationContext, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  SYNC_KINDS,
  type SyncAnswer,
  SyncModule,
  type SyncOptions,
  SyncProcessor,
  type SyncReport,
  SyncRequests,
  SyncWorkerModule,
} from '../src/index.js';
import { SYNC_LOCK } from '../src/model/sync-run.js';

const CALLER = { keyName: 'test' };
const OPTIONS: SyncOptions = { forceSync: false, handleObsoleteInstances: true, dryRun: false, resources: SYNC_KINDS };
const INSTANCES = 25;

/** The jobs of other features; the sync only asks for them. */
@Injectable()
class NotOurs {
  async handle(): Promise<void> {}
}

const HANDLERS = jobHandlers(NotOurs, { SYNC_FLEET: SyncProcessor });

/** One process of the fleet, with everything real but the provider. */
class Process {
  readonly store: InstanceStore;
  readonly status: SyncStatusStore;
  readonly view: SyncStatusView;
  private readonly requests: SyncRequests;

  private constructor(readonly app: INestApplicationContext) {
    this.store = storeOf(app);
    this.status = app.get(SyncStatusStore);
    this.view = app.get(SyncStatusView);
    this.requests = app.get(SyncRequests);
  }

  static async start(role: 'api' | 'worker', environment: NodeJS.ProcessEnv): Promise<Process> {
    const settings = loadSettings({
      NODE_ENV: 'test',
      NOVITA_API_KEY: 'sk_test',
      LOG_LEVEL: 'error',
      NOVITA_MAX_REQUESTS_PER_SECOND: '1000',
      NOVITA_PAGE_SIZE: '5',
      SYNC_ENABLE_AUTOMATIC_SYNC: 'false',
      SHUTDOWN_TIMEOUT: '6s',
      ...environment,
    });
    @Module({
      imports: [
        PlatformModule.forRoot({ processName: role, settings }),
        RedisModule,
        JobsModule,
        ...(role === 'worker' ? [SyncWorkerModule, JobsWorkerModule.forRoot(HANDLERS)] : [SyncModule]),
      ],
      providers: role === 'worker' ? [NotOurs] : [],
    })
    class TestApp {}
    const app = await redisAnswers(await NestFactory.createApplicationContext(TestApp, { logger: false }));
    return new Process(app);
  }

  async announced(): Promise<readonly string[]> {
    const entries = await this.app.get(ChangeFeed).after(BEFORE_FIRST_ENTRY, 1_000);
    return (entries ?? []).map(({ type }) => type);
  }

  sync(options: Partial<SyncOptions> = {}, wait = false): Promise<SyncAnswer> {
    const waiting = { wait, patienceMs: 15_000, signal: new AbortController().signal };
    return this.requests.run({ ...OPTIONS, ...options }, CALLER, waiting);
  }

  /** Jobs that have ended in this process. */
  async jobsRun(): Promise<number> {
    const metric = await this.app.get(MetricsRegistry).getSingleMetric('novita_fleet_job_runs_total')?.get();
    return (metric?.values ?? []).reduce((sum, { value }) => sum + value, 0);
  }

  pause(): Promise<unknown> {
    return this.requests.pause(CALLER);
  }

  async ended(count: number): Promise<readonly SyncHistoryEntry[]> {
    const locks = this.app.get(LockKeeper, { strict: false });
    return vi.waitUntil(
      async () => {
        const history = await this.status.history(100);
        // A run gives its lock back when all else is done; a request of just before is answered that one is under way.
        return history.length >= count && (await locks.holder(SYNC_LOCK)) === null ? history : null;
      },
      { timeout: 15_000, interval: 20 },
    );
  }

  async close(): Promise<void> {
    await this.app.close();
  }
}

const reportIn = (answer: SyncAnswer): SyncReport => {
  if (answer.kind !== 'finished') throw new Error('the run goes on');
  return answer.report;
};
const rejection = async (answer: Promise<unknown>): Promise<Problem> => {
  try {
    await answer;
  } catch (error) {
    return error as Problem;
  }
  throw new Error('it was not rejected');
};

let redis: RedisFixture;
let databases = 0;
let sandbox: Sandbox;
let processes: Process[];

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  databases += 1;
  processes = [];
  sandbox = await startSandbox({ instances: INSTANCES });
});
afterEach(async () => {
  await Promise.all(processes.map((process) => process.close()));
  await sandbox.close();
});

const start = async (
  means: 'memory' | 'redis',
  role: 'api' | 'worker' = 'worker',
  environment: NodeJS.ProcessEnv = {},
): Promise<Process> => {
  const shared = means === 'redis' ? { REDIS_URL: redis.url, REDIS_KEY_PREFIX: `sync${databases}` } : {};
  const process = await Process.start(role, { NOVITA_API_BASE_URL: sandbox.url, ...shared, ...environment });
  processes.push(process);
  return process;
};

describe.each(['memory', 'redis'] as const)('a worker with everything in %s', (means) => {
  it('syncs at its start, and everybody can see it', async () => {
    const worker = await start(means);
    const [run] = await worker.ended(1);
    expect(run).toMatchObject({ trigger: 'startup', outcome: 'completed', novitaInstances: INSTANCES, error: null });
    expect((await worker.store.records.counts()).total).toBe(INSTANCES);
    await vi.waitUntil(() => worker.view.current().run.state === 'completed', { timeout: 5_000, interval: 10 });
    expect(worker.view.current().run.resources.map(({ name, status }) => [name, status])).toEqual(
      SYNC_KINDS.map((kind) => [kind, 'completed']),
    );
    const mirror = worker.app.get(CatalogueMirror, { strict: false });
    for (const kind of MIRRORED_KINDS) expect(await mirror.read(kind)).not.toBeNull();
    expect((await mirror.read('gpu-products'))?.items.length).toBeGreaterThan(0);
  });

  it('says how far it is, never backwards', async () => {
    // The first page comes alone, and the others later than what is published together.
    sandbox.faults.add({ kind: 'latency', operation: 'listInstances', ms: 60 });
    const worker = await start(means);
    await worker.ended(1);
    const events = (await worker.status.eventsAfter('0-0', 1_000)) ?? [];
    const counts = events.map(({ run }) => run.resources.find(({ name }) => name === 'instances')?.count ?? 0);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect([counts[0], counts.at(-1)]).toEqual([0, INSTANCES]);
    expect(counts).toContain(5);
    expect(events.map(({ type }) => type).filter((type) => type !== 'sync.progress')).toEqual([
      'sync.started',
      'sync.completed',
    ]);
  });

  it('writes a run into the change feed around what the run did, and nothing of a dry one', async () => {
    const worker = await start(means);
    await worker.ended(1);
    const detected = Array.from({ length: INSTANCES }, () => 'instance.orphan_detected');
    const announced = ['sync.started', ...detected, 'sync.completed'];
    expect(await worker.announced()).toEqual(announced);
    reportIn(await worker.sync({ dryRun: true }));
    expect(await worker.announced()).toEqual(announced);
  });

  it('runs one by hand, and a dry one that changes nothing', async () => {
    const worker = await start(means);
    await worker.ended(1);
    const before = await worker.status.read();
    const dry = reportIn(await worker.sync({ dryRun: true }));
    expect(dry).toMatchObject({ outcome: 'completed', novitaInstances: INSTANCES, options: { dryRun: true } });
    expect(await worker.status.read()).toEqual(before);

    const report = reportIn(await worker.sync({ resources: ['instances'] }));
    expect(report).toMatchObject({ recordsBefore: INSTANCES, recordsAfter: INSTANCES, changes: { created: 0 } });
    expect(await worker.ended(2)).toMatchObject([{ requestedBy: 'user:test' }, { trigger: 'startup' }]);
  });

  it('names the kinds that could not be read', async () => {
    const worker = await start(means);
    await worker.ended(1);
    sandbox.faults.add({ kind: 'error', operation: 'listJobs', status: 400, reason: 'NOPE', message: 'not\ntoday' });
    const report = reportIn(await worker.sync());
    expect(report).toMatchObject({ outcome: 'failed', novitaInstances: INSTANCES });
    expect(report.failures).toEqual([{ resource: 'jobs', error: expect.stringContaining('today') }]);
    expect((await worker.status.read()).run).toMatchObject({ state: 'failed', retry: { count: 1, nextAt: null } });
  });

  it('of several requests at once runs one', async () => {
    const worker = await start(means);
    await worker.ended(1);
    sandbox.faults.add({ kind: 'latency', operation: 'listInstances', ms: 100 });
    const answers = await Promise.allSettled([worker.sync(), worker.sync(), worker.sync({}, true)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    const problem = answers.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect((problem.reason as Problem).type.code).toBe('sync-in-progress');
    expect(await worker.ended(2)).toHaveLength(2);
  });

  it('runs by the schedule, and not while it is paused', async () => {
    const worker = await start(means, 'worker', {
      SYNC_ENABLE_AUTOMATIC_SYNC: 'true',
      SYNC_INTERVAL_MINUTES: '1s',
      DEADLINE_SWEEP_INTERVAL: '500ms',
    });
    await worker.ended(3);
    expect((await worker.status.read()).run.nextRunAt).not.toBeNull();
    await worker.pause();
    const jobs = await worker.jobsRun();
    // The second of these began after the pause.
    await vi.waitUntil(async () => (await worker.jobsRun()) >= jobs + 2, { timeout: 10_000, interval: 20 });
    const stood = await worker.status.history(100);
    await vi.waitUntil(async () => (await worker.jobsRun()) >= jobs + 4, { timeout: 10_000, interval: 20 });
    expect(await worker.status.history(100)).toEqual(stood);
    expect(reportIn(await worker.sync()).outcome).toBe('completed');
  });
});

describe('several processes with one Redis', () => {
  it('sync once when they start together, and an API alone has nobody to ask', async () => {
    const api = await start('redis', 'api');
    expect((await rejection(api.sync())).type.code).toBe('no-worker');
    await Promise.all([start('redis'), start('redis')]);
    await api.ended(1);
    // The worker that came second may hold the lock for a moment, to see that its run is not needed.
    const report = await vi.waitUntil(() => api.sync({ resources: ['jobs'] }).then(reportIn, () => null));
    expect(report.outcome).toBe('completed');
    expect((await api.status.history(10)).map(({ trigger }) => trigger)).toEqual(['manual', 'startup']);
    await vi.waitUntil(() => api.view.current().run.runId === report.runId, { timeout: 5_000, interval: 10 });
  });

  it('hand a run over when its worker is shut down', async () => {
    const api = await start('redis', 'api');
    const first = await start('redis');
    await api.ended(1);
    const slow = sandbox.faults.add({ kind: 'latency', operation: 'listInstances', ms: 2_000 });
    const answer = api.sync();
    const inProgress = () => api.view.current().run.state === 'in_progress';
    await vi.waitUntil(inProgress, { timeout: 5_000, interval: 10 });
    const { runId } = api.view.current().run;
    const second = await start('redis');
    expect((await second.app.get(LockKeeper).holder('sync'))?.purpose).toBe(runId);
    await first.close();
    processes = processes.filter((process) => process !== first);
    sandbox.faults.clear(slow);
    expect(reportIn(await answer)).toMatchObject({ runId, outcome: 'completed', novitaInstances: INSTANCES });
    const begun = (await api.status.eventsAfter('0-0', 1_000))?.filter(({ type }) => type === 'sync.started');
    expect(begun?.filter(({ run }) => run.runId === runId)).toHaveLength(2);
    const outcomes = (await api.status.history(10)).filter((entry) => entry.runId === runId);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['completed']);
  });
});
