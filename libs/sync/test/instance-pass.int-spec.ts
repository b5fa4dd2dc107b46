import {
  type InstanceRecord,
  InstanceStore,
  InstanceStoreModule,
  type NovitaInstanceId,
  RecordSettings,
} from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { Novita, NovitaClientModule } from '@app/novita-client';
import { Clock, IdGenerator, PlatformModule, timestampFromMs } from '@app/platform';
import { FleetId, LockKeeper, LockLostError, RedisModule, RedisSettings } from '@app/redis';
import { type Fault, type Sandbox, startSandbox } from '@app/sandbox';
import { loadSettings } from '@app/settings';
import { NO_CHANGES } from '@app/sync-status';
import { aNewInstance, type RedisFixture, redisAnswers, startRedis, storeOf } from '@app/testing';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NO_PRICES } from '../src/catalogue/price-book.js';
import { FleetInstancePass, type InstancePassResult, type PassContext } from '../src/instances/instance-pass.js';
import { FleetRecords } from '../src/instances/pass-records.js';
import { instancePolicyOf } from '../src/model/run-options.js';
import { SyncSettings } from '../src/model/sync.settings.js';
import type { SyncOptions } from '../src/model/sync-run.js';
import { FakeQueue } from './fakes/fake-queue.js';

const FLEET = 40;
const AN_HOUR_MS = 3_600_000;

let redis: RedisFixture;
let databases = 0;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

/** The time of day, put forward by a test so that an observation of a moment ago is old enough to be missed. */
class AheadClock extends Clock {
  private aheadMs = 0;

  override now(): number {
    return Date.now() + this.aheadMs;
  }

  advance(ms: number): void {
    this.aheadMs += ms;
  }
}

/** Real records, real locks and real HTTP; only the provider is a stand-in, and jobs are noted and not run. */
class Process {
  readonly store: InstanceStore;
  readonly queue = new FakeQueue();
  readonly clock = new AheadClock();
  private readonly locks: LockKeeper;
  private heldBefore: PassContext['heldBefore'] = null;

  constructor(private readonly app: INestApplicationContext) {
    this.store = storeOf(app);
    this.locks = app.get(LockKeeper);
  }

  static async start(sandbox: Sandbox): Promise<Process> {
    databases += 1;
    const settings = loadSettings({
      NODE_ENV: 'test',
      NOVITA_API_KEY: 'sk_test',
      LOG_LEVEL: 'error',
      NOVITA_API_BASE_URL: sandbox.url,
      NOVITA_MAX_REQUESTS_PER_SECOND: '1000',
      NOVITA_PAGE_SIZE: '10',
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: `pass${databases}`,
      SYNC_MISSING_GRACE: '60s',
    });
    @Module({
      imports: [
        PlatformModule.forRoot({ processName: 'test', settings }),
        RedisModule,
        InstanceStoreModule,
        NovitaClientModule,
      ],
    })
    class TestApp {}
    return new Process(await redisAnswers(await NestFactory.createApplicationContext(TestApp, { logger: ['error'] })));
  }

  async run(options: Partial<SyncOptions> = {}, context: Partial<PassContext> = {}): Promise<InstancePassResult> {
    const taken = await this.locks.acquire('sync', { owner: 'test', purpose: 'test', ttlMs: 60_000 });
    if (!taken.acquired) throw new Error('the lock is taken');
    try {
      const result = await this.pass().run({
        hold: taken.hold,
        signal: new AbortController().signal,
        options: {
          forceSync: false,
          handleObsoleteInstances: true,
          dryRun: false,
          resources: ['instances'],
          ...options,
        },
        prices: Promise.resolve(NO_PRICES),
        heldBefore: this.heldBefore,
        onProgress: () => undefined,
        ...context,
      });
      this.heldBefore = result.held;
      return result;
    } finally {
      await this.locks.release(taken.hold);
    }
  }

  /** Makes instances at the provider that no record knows of. */
  async order(count: number): Promise<void> {
    const api = this.app.get(Novita);
    const products = await api.catalogue.gpuProducts({ billingMode: 'onDemand' });
    const product = products.find(({ availableDeploy }) => availableDeploy);
    if (product === undefined) throw new Error('nothing in stock');
    const what = { kind: 'gpu', productId: product.id, gpuNum: 1, rootfsSize: 60, imageUrl: 'nginx:1' } as const;
    for (let n = 0; n < count; n++) await api.instances.create({ ...what, name: `new-${n}`, billingMode: 'onDemand' });
  }

  async breakLock(): Promise<void> {
    const client = new Redis(redis.url);
    const broken = await client.del(`{${this.app.get(RedisSettings).REDIS_KEY_PREFIX}}:lock:sync`);
    await client.quit();
    if (broken !== 1) throw new Error('nobody holds it');
  }

  async all(): Promise<readonly InstanceRecord[]> {
    const { instances } = await this.store.records.scan(null, 200);
    return instances.map(({ record }) => record);
  }

  async countOf(status: InstanceRecord['status']): Promise<number> {
    return (await this.store.records.counts()).byStatus[status];
  }

  async close(): Promise<void> {
    await this.app.close();
  }

  private pass(): FleetInstancePass {
    const { app, clock } = this;
    const { records, digests, idle } = this.store;
    const fleet = new FleetRecords(records, digests, idle, new ReconcileRequests(this.queue));
    const policy = instancePolicyOf(app.get(SyncSettings), app.get(RecordSettings), app.get(FleetId));
    return new FleetInstancePass(fleet, app.get(Novita), clock, app.get(IdGenerator), policy);
  }
}

/** A record of ours for each instance at the provider, settled since an hour, and in line with a listing of then. */
async function takeOver(fleet: Process, sandbox: Sandbox): Promise<InstancePassResult> {
  const at = timestampFromMs(Date.now() - AN_HOUR_MS);
  for (const { id, status } of sandbox.world.instances()) {
    const down = status === 'exited';
    const record = aNewInstance({
      novitaInstanceId: id as NovitaInstanceId,
      status: down ? 'stopped' : 'ready',
      novitaStatus: status,
      desired: { state: down ? 'stopped' : 'running', at, by: 'user:test' },
      observedAt: at,
      source: 'get',
      confirmedAt: at,
      timestamps: { created: at },
    });
    const { outcome } = await fleet.store.records.insert(record);
    if (outcome !== 'inserted') throw new Error(outcome);
  }
  const result = await fleet.run();
  fleet.clock.advance(AN_HOUR_MS);
  return result;
}

describe('a pass over the instances', () => {
  let sandbox: Sandbox;
  let fleet: Process;

  beforeEach(async () => {
    sandbox = await startSandbox({ instances: FLEET, speed: 0 });
    fleet = await Process.start(sandbox);
  });
  afterEach(async () => {
    await fleet.close();
    await sandbox.close();
  });

  const runWith = async (fault: Fault, options: Partial<SyncOptions> = {}): Promise<InstancePassResult> => {
    const id = sandbox.faults.add(fault);
    try {
      return await fleet.run(options);
    } finally {
      sandbox.faults.clear(id);
    }
  };

  it('imports all that was made elsewhere, then writes nothing', async () => {
    expect((await fleet.run()).changes).toEqual({ ...NO_CHANGES, created: FLEET });
    expect(await fleet.store.records.counts()).toMatchObject({ total: FLEET, discovered: FLEET });
    const imported = await fleet.all();
    expect((await fleet.run()).changes).toEqual(NO_CHANGES);
    expect(await fleet.all()).toEqual(imported);
    expect(sandbox.world.calls('getInstance')).toBe(0);
  });

  it('brings records that were made before in line, then writes nothing', async () => {
    const { changes } = await takeOver(fleet, sandbox);
    expect(changes.created + changes.removed + changes.markedTerminated + changes.leftMissing).toBe(0);
    const [changed] = sandbox.world.instances().filter(({ status }) => status === 'running');
    const before = await fleet.all();
    expect((await fleet.run()).changes).toEqual(NO_CHANGES);
    expect(await fleet.all()).toEqual(before);

    sandbox.world.stopFromConsole(changed?.id ?? '');
    expect((await fleet.run()).changes).toEqual({ ...NO_CHANGES, updated: 1 });
    const stored = await fleet.store.records.get((changed?.id ?? '') as NovitaInstanceId);
    expect(fleet.queue.enqueued.map(({ payload }) => payload['instanceId'])).toEqual([stored?.record.id]);
  });

  it.each<[what: string, Fault, clean: boolean]>([
    ['pages that drift', { kind: 'page-drift', direction: 'removed' }, false],
    ['pages into which something comes', { kind: 'page-drift', direction: 'inserted' }, false],
    ['items that come twice', { kind: 'duplicates' }, false],
    ['empty pages with a total', { kind: 'empty-list', total: FLEET }, false],
    ['an item that cannot be read', { kind: 'malformed', body: 'item', operation: 'listInstances' }, false],
    ['instances that only lists hide', { kind: 'vanish', percent: 10, from: 'lists' }, true],
    ['a list of before the latest were made', { kind: 'list-lag', ms: 60_000 }, true],
  ])('ends nothing over %s', async (_, fault, clean) => {
    await fleet.order(5);
    await takeOver(fleet, sandbox);
    for (const forceSync of [false, true]) {
      const result = await runWith(fault, { forceSync });
      expect([result.verdict.clean, result.changes.removed, result.changes.markedTerminated]).toEqual([clean, 0, 0]);
      expect(result.changes.leftMissing > 0).toBe(clean);
      if (!clean) expect(result.note).toContain('still proves no absence');
    }
    expect(await fleet.countOf('terminated')).toBe(0);
    const { changes } = await fleet.run();
    expect([changes.removed, changes.markedTerminated, changes.leftMissing]).toEqual([0, 0, 0]);
    expect((await fleet.all()).every(({ missingSince }) => missingSince === null)).toBe(true);
  });

  it('holds an empty list, again and again, until a GET denies each', async () => {
    await takeOver(fleet, sandbox);
    const first = await runWith({ kind: 'empty-list' });
    expect(first.held?.summary).toMatchObject({ wouldRemove: FLEET });
    expect(sandbox.world.calls('getInstance')).toBe(0);
    // It agrees with the one before; the instances themselves do not.
    const second = await runWith({ kind: 'empty-list' });
    expect(second.changes).toMatchObject({ removed: 0, markedTerminated: 0, leftMissing: FLEET });
    expect(sandbox.world.calls('getInstance')).toBe(FLEET);
    expect(await fleet.countOf('terminated')).toBe(0);
  });

  it('marks a tenth that has gone, and restores it when it comes back', async () => {
    await takeOver(fleet, sandbox);
    const vanished = sandbox.faults.add({ kind: 'vanish', percent: 10 });
    const { changes, held } = await fleet.run();
    const gone = changes.markedTerminated;
    expect(gone).toBeGreaterThan(0);
    expect(gone).toBeLessThanOrEqual(FLEET * 0.3);
    expect(held).toBeNull();
    expect(await fleet.countOf('terminated')).toBe(gone);
    const tombstones = (await fleet.all()).filter(({ status }) => status === 'terminated');
    for (const { timestamps, deadlines, lastError } of tombstones) {
      expect(lastError?.code).toBe('vanished-at-provider');
      const kept = Date.parse(deadlines.purgeAt ?? '') - Date.parse(timestamps.terminated ?? '');
      expect(kept).toBe(7 * 24 * AN_HOUR_MS);
    }
    expect((await fleet.run()).changes).toEqual(NO_CHANGES);

    sandbox.faults.clear(vanished);
    // Within the grace a listing may show what was there before its end.
    expect((await fleet.run()).changes).toEqual(NO_CHANGES);
    fleet.clock.advance(AN_HOUR_MS);
    expect((await fleet.run()).changes).toEqual({ ...NO_CHANGES, adopted: gone, updated: gone });
    expect(await fleet.countOf('terminated')).toBe(0);
    const restored = new Set(fleet.queue.enqueued.map(({ payload }) => payload['instanceId']));
    expect(restored).toEqual(new Set(tombstones.map(({ id }) => id)));
  });

  it('holds when six in ten have gone, and lets it through when the next list agrees', async () => {
    await takeOver(fleet, sandbox);
    sandbox.faults.add({ kind: 'vanish', percent: 60 });
    const first = await fleet.run();
    const gone = first.held?.summary.wouldRemove ?? 0;
    expect(gone).toBeGreaterThan(FLEET * 0.3);
    expect(first.changes).toMatchObject({ removed: 0, markedTerminated: 0, leftMissing: gone });
    expect((await fleet.all()).filter(({ missingSince }) => missingSince !== null)).toHaveLength(gone);

    const second = await fleet.run();
    expect([second.changes.markedTerminated, second.held]).toEqual([gone, null]);
    expect(await fleet.countOf('terminated')).toBe(gone);
  });

  it('lets it through at once when it is forced', async () => {
    await takeOver(fleet, sandbox);
    sandbox.faults.add({ kind: 'vanish', percent: 60 });
    const { changes, held } = await fleet.run({ forceSync: true });
    expect(changes.markedTerminated).toBeGreaterThan(FLEET * 0.3);
    expect(held).toBeNull();
  });

  it('fails with a page that fails, ends nothing, and is whole again afterwards', async () => {
    await takeOver(fleet, sandbox);
    const [gone] = sandbox.world.instances();
    sandbox.world.vanish(gone?.id ?? '');
    const fault = { kind: 'error', status: 500, reason: 'INTERNAL', message: 'boom', page: 3 } as const;
    await expect(runWith({ ...fault, operation: 'listInstances' })).rejects.toThrow('boom');
    expect(await fleet.countOf('terminated')).toBe(0);
    expect((await fleet.run()).changes.markedTerminated).toBe(1);
  });

  it('drops discovered ones that have gone, however many, but not what was observed a moment ago', async () => {
    await fleet.run();
    sandbox.faults.add({ kind: 'vanish', percent: 60 });
    const soon = await fleet.run();
    expect([soon.changes.removed, soon.held]).toEqual([0, null]);
    fleet.clock.advance(AN_HOUR_MS);
    const later = await fleet.run();
    expect(later.changes).toEqual({ ...NO_CHANGES, removed: soon.changes.leftMissing });
    expect(later.changes.removed).toBeGreaterThan(FLEET * 0.3);
  });

  it('writes nothing once its lock is lost', async () => {
    await takeOver(fleet, sandbox);
    sandbox.world.seed(1);
    const listed = sandbox.world.calls('listInstances');
    const before = await fleet.all();
    // What waits for the prices is written when the lock is gone.
    const prices = (async () => {
      await expect.poll(() => sandbox.world.calls('listInstances')).toBeGreaterThan(listed);
      await fleet.breakLock();
      return NO_PRICES;
    })();
    await expect(fleet.run({}, { prices })).rejects.toThrow(LockLostError);
    expect(await fleet.all()).toEqual(before);
  });
});
