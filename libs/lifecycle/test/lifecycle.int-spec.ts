import {
  BEFORE_FIRST_ENTRY,
  ChangeFeed,
  type InstanceId,
  type InstanceRecord,
  InstanceStore,
  isInstanceChange,
} from '@app/instance-store';
import { JobQueue, JobsModule, JobsWorkerModule, RECONCILE_INSTANCE } from '@app/jobs';
import { Novita } from '@app/novita-client';
import { Clock, loadSection, PlatformModule, Problem, SystemClock, timestampFromMs } from '@app/platform';
import { MemoryLeaseKeeper, RedisModule } from '@app/redis';
import { type Sandbox, startSandbox } from '@app/sandbox';
import { loadSettings } from '@app/settings';
import { aNewInstance, jobHandlers, type RedisFixture, redisAnswers, startRedis, storeOf } from '@app/testing';
import { type INestApplicationContext, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  Catalogue,
  type CreateInstanceRequest,
  InstanceCommands,
  LifecycleModule,
  LifecycleSettings,
  LifecycleWorkerModule,
  MemoryStartupTimes,
  ReconcileProcessor,
} from '../src/index.js';
import { StartupLearner } from '../src/startup/startup-learner.js';

const CALLER = { keyName: 'test' };

/** A worker does not start while a job has no handler; these are other features' and never come here. */
@Injectable()
class NotOurs {
  async handle(): Promise<void> {
    await Promise.reject(new Error('nobody asked for this'));
  }
}

/** A worker process and an API process in one, with everything real but the provider. */
async function startFleet(environment: NodeJS.ProcessEnv): Promise<Fleet> {
  const settings = loadSettings({
    NODE_ENV: 'test',
    NOVITA_API_KEY: 'sk_test',
    LOG_LEVEL: 'error',
    INSTANCE_POLL_INTERVAL: '100ms',
    INSTANCE_STARTUP_TIMEOUT: '60s',
    CREATE_RETRY_GRACE: '2s',
    CONFIRM_PATIENCE: '1s',
    DEADLINE_SWEEP_INTERVAL: '500ms',
    NOVITA_MAX_REQUESTS_PER_SECOND: '200',
    NOVITA_TIMEOUT: '1s',
    ...environment,
  });
  @Module({
    imports: [
      PlatformModule.forRoot({ processName: 'test', settings }),
      RedisModule,
      JobsModule,
      JobsWorkerModule.forRoot(
        jobHandlers(NotOurs, { RECONCILE_INSTANCE: ReconcileProcessor, STARTUP_MONITOR: ReconcileProcessor }),
      ),
      LifecycleModule,
      LifecycleWorkerModule,
    ],
    providers: [NotOurs],
  })
  class TestApp {}
  return new Fleet(await redisAnswers(await NestFactory.createApplicationContext(TestApp, { logger: ['error'] })));
}

/** One process, and what the tests do with it. */
class Fleet {
  readonly commands: InstanceCommands;
  readonly store: InstanceStore;
  readonly feed: ChangeFeed;
  readonly novita: Novita;

  constructor(private readonly app: INestApplicationContext) {
    this.commands = app.get(InstanceCommands);
    this.store = storeOf(app);
    this.feed = app.get(ChangeFeed);
    this.novita = app.get(Novita);
  }

  /** As the sync does when a listing shows something that does not fit. */
  async wake(id: InstanceId): Promise<void> {
    const stored = await this.store.records.get(id);
    if (stored === null) throw new Error(`no record ${id}`);
    const now = this.app.get(Clock).timestamp();
    const next = { ...stored.record, observedAt: now, source: 'list' as const, deadlines: { nextReconcileAt: now } };
    await this.store.records.write(next, { kind: 'observation', observedAt: now });
    await this.app.get(JobQueue).enqueue(RECONCILE_INSTANCE, { instanceId: id });
  }

  async create(overrides: Partial<CreateInstanceRequest> = {}): Promise<InstanceId> {
    const product = (await this.app.get(Catalogue).products()).value.find(
      ({ availableDeploy, billingModes }) => availableDeploy && billingModes.includes('onDemand'),
    );
    if (product === undefined) throw new Error('the sandbox has nothing in stock');
    const request = { name: 'train', productName: product.name, image: 'nginx', ...overrides };
    return (await this.commands.create(request, CALLER)).record.id;
  }

  async becomes(id: InstanceId, status: InstanceRecord['status']): Promise<InstanceRecord> {
    return vi.waitUntil(
      async () => {
        const record = (await this.store.records.get(id))?.record;
        return record?.status === status ? record : null;
      },
      { timeout: 15_000, interval: 20 },
    );
  }

  async close(): Promise<void> {
    await this.app.close();
  }
}

/** How many start-ups a worker that reads the whole feed learns of. */
async function startupsIn(feed: ChangeFeed): Promise<number | null> {
  const settings = loadSection(LifecycleSettings, { INSTANCE_STARTUP_TIMEOUT: '60s' });
  return new StartupLearner(feed, new MemoryStartupTimes(), new MemoryLeaseKeeper(new SystemClock()), settings).learn();
}

let redis: RedisFixture;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describe.each(['memory', 'redis'] as const)('the life of an instance, with records and jobs in %s', (means) => {
  let sandbox: Sandbox;
  let fleet: Fleet;
  /** What the tests before have left at Novita. */
  let earlier: ReadonlySet<string>;

  const start = (environment: NodeJS.ProcessEnv = {}): Promise<Fleet> =>
    startFleet({
      NOVITA_API_BASE_URL: sandbox.url,
      ...(means === 'redis' ? { REDIS_URL: redis.url, REDIS_KEY_PREFIX: 'all' } : {}),
      ...environment,
    });

  beforeAll(async () => {
    sandbox = await startSandbox();
    fleet = await start();
  });
  afterAll(async () => {
    await fleet.close();
    await sandbox.close();
  });
  beforeEach(() => {
    sandbox.faults.clear();
    sandbox.world.restock();
    earlier = new Set(sandbox.world.instances().map(({ id }) => id));
  });

  const atNovita = (): readonly string[] =>
    sandbox.world
      .instances()
      .filter(({ id }) => !earlier.has(id))
      .map(({ status }) => status);

  it('goes from creating to ready, stops, starts, and is deleted, as Novita says at every step', async () => {
    const learnt = (await startupsIn(fleet.feed)) ?? 0;
    const id = await fleet.create({
      ports: [
        { port: 8080, protocol: 'http' },
        { port: 9000, protocol: 'tcp' },
      ],
    });
    const ready = await fleet.becomes(id, 'ready');
    expect(ready.probes.map(({ ok }) => ok)).toEqual([true, true]);
    expect(atNovita()).toEqual(['running']);

    await fleet.commands.run('stop', id, CALLER);
    await fleet.becomes(id, 'stopped');
    expect(atNovita()).toEqual(['exited']);
    await fleet.commands.run('start', id, CALLER);
    await fleet.becomes(id, 'ready');
    await fleet.commands.run('restart', id, CALLER);
    await fleet.becomes(id, 'ready');
    await fleet.commands.run('delete', id, CALLER);
    const gone = await fleet.becomes(id, 'terminated');
    expect(gone.deadlines).toEqual({ purgeAt: expect.any(String) });
    expect(atNovita().filter((status) => status !== 'removed')).toEqual([]);

    const changes = ((await fleet.feed.after(BEFORE_FIRST_ENTRY, 1_000)) ?? []).filter(isInstanceChange);
    const statuses = changes
      .filter(({ instanceId }) => instanceId === id)
      .map(({ type }) => type.replace('instance.', ''));
    for (const status of [
      'created',
      'running',
      'health_checking',
      'ready',
      'stopping',
      'stopped',
      'deleting',
      'terminated',
    ]) {
      expect(statuses).toContain(status);
    }
    expect(await startupsIn(fleet.feed)).toBe(learnt + 2);
  });

  it.each([
    { kind: 'succeed-then-500', operation: 'createInstance', times: 1 },
    { kind: 'succeed-then-hang', operation: 'createInstance', times: 1 },
    { kind: 'reset', operation: 'createInstance', afterEffect: true, times: 1 },
    { kind: 'malformed', operation: 'createInstance', times: 1 },
  ] as const)('finds a create again whose answer was lost by $kind', async (fault) => {
    sandbox.faults.add(fault);
    const id = await fleet.create();
    const ready = await fleet.becomes(id, 'ready');
    expect(ready.origin).toBe('adopted');
    expect(atNovita()).toEqual(['running']);
  });

  it('deletes what a lost create has made, and claims nothing before', async () => {
    sandbox.faults.add({ kind: 'succeed-then-500', operation: 'createInstance', times: 1 });
    const id = await fleet.create();
    await vi.waitUntil(() => atNovita().length === 1, { timeout: 5_000, interval: 5 });
    await fleet.commands.run('delete', id, CALLER);
    await fleet.becomes(id, 'terminated');
    expect(atNovita().filter((status) => status !== 'removed')).toEqual([]);
  });

  it('reports a stop that Novita does not confirm in time, once, and goes on until it does', async () => {
    const id = await fleet.create();
    await fleet.becomes(id, 'ready');
    const message = 'out of order';
    const broken = sandbox.faults.add({ kind: 'error', operation: 'stopInstance', status: 500, reason: 'X', message });
    await fleet.commands.run('stop', id, CALLER);
    const warnings = async () =>
      (await fleet.store.audit.entries(id, 200)).filter(
        ({ kind, reason }) => kind === 'warning' && reason.includes('confirmed the stop'),
      );
    await vi.waitUntil(async () => (await warnings()).length > 0, { timeout: 5_000, interval: 20 });
    const unconfirmed = () => fleet.store.deadlines.due('confirmBy', timestampFromMs(Date.now() + 60_000), 10);
    expect(await unconfirmed()).toContain(id);
    sandbox.faults.clear(broken);
    await fleet.becomes(id, 'stopped');
    expect(await unconfirmed()).not.toContain(id);
    expect(await warnings()).toMatchObject([{ by: 'lifecycle' }]);
  });

  it('reports a create that failed', async () => {
    sandbox.faults.add({ kind: 'fail-start', message: 'no such image', times: 1 });
    const failed = await fleet.becomes(await fleet.create(), 'failed');
    expect(failed.lastError).toMatchObject({
      code: 'startup-failed',
      message: expect.stringContaining('no such image'),
    });
  });

  it('reports missing stock and money, and goes on from there', async () => {
    const none = sandbox.faults.add({ kind: 'out-of-stock' });
    const id = await fleet.create();
    expect((await fleet.becomes(id, 'failed')).lastError?.code).toBe('resource-constraints');
    sandbox.faults.clear(none);
    await fleet.commands.run('start', id, CALLER);
    await fleet.becomes(id, 'ready');

    const broke = sandbox.faults.add({ kind: 'out-of-balance' });
    const poor = await fleet.create({ name: 'poor' });
    expect((await fleet.becomes(poor, 'failed')).lastError?.code).toBe('insufficient-balance');
    sandbox.faults.clear(broke);
    await fleet.commands.run('start', poor, CALLER);
    await fleet.becomes(poor, 'ready');
    expect(atNovita()).toEqual(['running', 'running']);
  });

  it('is looked after by the sweep when its job was lost', async () => {
    const made = await fleet.becomes(await fleet.create(), 'ready');
    const at = made.desired.at;
    const lost = aNewInstance({
      spec: made.spec,
      desired: { state: 'running', at, by: 'user:test' },
      deadlines: { nextReconcileAt: at },
    });
    await fleet.store.records.insert(lost);
    await fleet.becomes(lost.id, 'ready');
    expect(atNovita()).toEqual(['running', 'running']);
  });

  it('observes a settled one when the sync wakes it, and at no other time', async () => {
    const id = await fleet.create();
    const { novitaInstanceId } = await fleet.becomes(id, 'ready');
    if (novitaInstanceId === null) throw new Error('no id');
    expect((await fleet.becomes(id, 'ready')).deadlines).toEqual({});
    const stops = sandbox.world.calls('stopInstance');
    await fleet.novita.instances.stop(novitaInstanceId);
    await vi.waitUntil(() => atNovita()[0] === 'exited', { interval: 20 });
    await fleet.wake(id);
    const stopped = await fleet.becomes(id, 'stopped');
    expect(stopped).toMatchObject({ desired: { state: 'stopped', by: 'console' }, deadlines: {} });
    expect(sandbox.world.calls('stopInstance')).toBe(stops + 1);
  });

  it('names the nearest products when it knows none of that name', async () => {
    const refused = fleet.create({ productName: 'RTX 9999' });
    await expect(refused).rejects.toThrow(Problem);
    await expect(refused).rejects.toMatchObject({ type: { code: 'unknown-product' } });
  });

  describe('with an end of its patience that is near, which the others must not run into on a busy machine', () => {
    let impatient: Fleet;

    beforeAll(async () => {
      impatient = await start({ INSTANCE_STARTUP_TIMEOUT: '4s', REDIS_KEY_PREFIX: 'impatient' });
    });
    afterAll(() => impatient.close());

    it('stops what does not start in time, through all rejections, and starts it again later', async () => {
      const stuck = sandbox.faults.add({ kind: 'stuck', status: 'pulling' });
      const id = await impatient.create();
      const failed = await impatient.becomes(id, 'failed');
      expect(failed).toMatchObject({ confirmedAt: null, lastError: { code: 'startup-timeout', retryable: true } });
      sandbox.faults.clear(stuck);
      await vi.waitUntil(async () => (await impatient.store.records.get(id))?.record.confirmedAt, {
        timeout: 10_000,
        interval: 20,
      });
      expect(atNovita()).toEqual(['exited']);
      await impatient.commands.run('start', id, CALLER);
      expect((await impatient.becomes(id, 'ready')).lastError).toBeNull();
    });

    it('reports what runs without answering, and has it stopped', async () => {
      sandbox.faults.add({ kind: 'port-silent', nameContains: 'mute' });
      const mute = await impatient.becomes(await impatient.create({ name: 'mute' }), 'failed');
      expect(mute.lastError?.code).toBe('health-check-timeout');
      await vi.waitUntil(() => atNovita()[0] === 'exited', { timeout: 5_000, interval: 20 });
    });
  });
});

describe('two workers with one Redis', () => {
  let sandbox: Sandbox;
  let fleets: readonly [Fleet, Fleet];

  beforeEach(async ({ task }) => {
    sandbox = await startSandbox();
    const environment = { NOVITA_API_BASE_URL: sandbox.url, REDIS_URL: redis.url, REDIS_KEY_PREFIX: task.id };
    fleets = await Promise.all([startFleet(environment), startFleet(environment)]);
  });
  afterEach(async () => {
    await Promise.all(fleets.map((fleet) => fleet.close()));
    await sandbox.close();
  });

  it('make one instance for each record', async () => {
    const [one, other] = fleets;
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const ids = await Promise.all(names.map(async (name, index) => (index % 2 === 0 ? one : other).create({ name })));
    for (const id of ids) await one.becomes(id, 'ready');
    expect(sandbox.world.instances().map(({ status }) => status)).toEqual(names.map(() => 'running'));
  });

  it('ask for the catalogue once', async () => {
    const [one, other] = fleets;
    await one.create({ name: 'a' });
    await other.create({ name: 'b' });
    expect(sandbox.world.calls('listProducts')).toBe(1);
    expect(sandbox.world.calls('listClusters')).toBe(1);
  });
});
