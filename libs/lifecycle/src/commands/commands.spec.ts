import { type InstanceStatus, StoreUnavailableError, WriteOutcomeUnknownError } from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import {
  MemoryCatalogueMirror,
  type NovitaApi,
  type NovitaGpuProduct,
  type NovitaNetworkStorage,
  NovitaNotFoundError,
  NovitaServerFaultError,
  type NovitaTemplate,
  NovitaUnauthorizedError,
  type Page,
} from '@app/novita-client';
import { Problem } from '@app/platform';
import { aNovitaInstance, anInstance, FakeClock, type InstanceOverrides, SequentialIds } from '@app/testing';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { FakeQueue } from '../../test/fakes/fake-queue.js';
import { FakeStore } from '../../test/fakes/fake-store.js';
import { partialApi } from '../../test/fakes/partial-api.js';
import { at, NOVITA_ID, NOW } from '../../test/fakes/seen.js';
import { POLICY } from '../../test/fakes/world.js';
import { MirroredLists } from '../catalogue/mirrored-lists.js';
import type { CreateInstanceRequest } from '../instance-commands.js';
import { MarkerListing } from '../reconcile/marker-listing.js';
import { PolicySource } from '../reconcile/policy-source.js';
import { ProviderObserver } from '../reconcile/provider-observer.js';
import { ChangeSettings } from './change-settings.js';
import { ComposedInstanceCommands } from './composed-instance-commands.js';
import { CreateInstance } from './create-instance.js';
import { RefreshInstance } from './refresh-instance.js';
import { CreateResolver } from './resolve-create.js';
import { RunCommands } from './run-commands.js';
import { StopAll } from './stop-all.js';

beforeAll(() => Logger.overrideLogger(false));

const DAY_MS = 24 * 3_600_000;
const CALLER = { keyName: 'ci' };
const REQUEST: CreateInstanceRequest = { name: 'train', productName: 'RTX 4090 24GB', image: 'nginx' };

async function* onePage<Item>(items: readonly Item[]): AsyncGenerator<Page<Item>> {
  await Promise.resolve();
  yield { items, total: items.length, malformed: [], index: 0, verdict: null };
}

const storage = (id: string, clusterId: string): NovitaNetworkStorage => ({
  id,
  name: id,
  sizeGb: 10,
  clusterId,
  clusterName: clusterId,
});

const GPU: NovitaGpuProduct = {
  id: '4090',
  name: 'RTX 4090 24GB',
  cpuPerGpu: 1,
  memoryPerGpu: 1,
  diskPerGpu: 1,
  availableDeploy: true,
  minRootfs: 10,
  maxRootfs: 100,
  regions: [],
  onDemandUsdPerHour: 0.35,
  spotUsdPerHour: null,
  monthly: [],
  billingModes: ['onDemand'],
  inventoryState: null,
};

const TEMPLATE: NovitaTemplate = {
  id: '212',
  name: 'PyTorch',
  channel: 'official',
  image: 'pytorch:2',
  imageAuthId: null,
  startCommand: null,
  entrypoint: null,
  rootfsSize: null,
  ports: [],
  envs: [],
  tools: [],
  volumes: [],
  minCudaVersion: null,
};

const PROVIDER: Partial<NovitaApi> = {
  listClusters: () =>
    Promise.resolve([
      { id: '1', name: 'CN-HK-01', availableGpuTypes: [], supportsNetworkStorage: true, supportsInstanceNetwork: true },
      {
        id: '2',
        name: 'US-CA-06 (California)',
        availableGpuTypes: [],
        supportsNetworkStorage: true,
        supportsInstanceNetwork: true,
      },
    ]),
  listGpuProducts: () => Promise.resolve([GPU]),
  getTemplate: () => Promise.reject(new NovitaNotFoundError('template not found', { call: 'template' })),
  listRegistryAuths: () => Promise.resolve([{ id: 'auth', name: 'hub', username: 'me' }]),
  listNetworkStorages: () => onePage([storage('near', '1'), storage('far', '2'), storage('nowhere', '9')]),
};

/** A provider that has more in its new offer than in its old one. */
function offering(which: () => 'old' | 'new', asked: string[] = []): Partial<NovitaApi> {
  const offer = async <Item>(what: string, old: readonly Item[], added: readonly Item[]): Promise<readonly Item[]> => {
    asked.push(what);
    return which() === 'old' ? old : [...old, ...added];
  };
  const scarce = { ...GPU, id: '3090', name: 'RTX 3090 24GB', availableDeploy: false };
  const place = {
    id: '1',
    name: 'CN-HK-01',
    availableGpuTypes: [],
    supportsNetworkStorage: true,
    supportsInstanceNetwork: true,
  };
  const login = { id: 'auth', name: 'hub', username: 'me' };
  return {
    listGpuProducts: () =>
      offer(
        'products',
        [GPU, scarce],
        [
          { ...GPU, id: 'h100', name: 'H100 80GB' },
          { ...scarce, availableDeploy: true },
        ],
      ),
    listClusters: () => offer('clusters', [place], [{ ...place, id: '3', name: 'EU-01' }]),
    listRegistryAuths: () => offer('logins', [login], [{ ...login, id: 'new' }]),
    async *listNetworkStorages() {
      yield* onePage(await offer('storages', [storage('near', '1')], [storage('new', '1')]));
    },
  };
}

function setUp(api: Partial<NovitaApi> = {}) {
  const clock = new FakeClock(NOW);
  const store = new FakeStore();
  const queue = new FakeQueue();
  const mirror = new MemoryCatalogueMirror(() => undefined);
  const novita = partialApi({ ...PROVIDER, ...api });
  const requests = new ReconcileRequests(queue);
  const lifecycle = { policy: POLICY, maxRequestsPerSecond: 10 };
  const options = { fleetId: 'abcd', defaults: { billingMode: 'onDemand', region: 'CN-HK-01' } } as const;
  const resolver = new CreateResolver(novita, new MirroredLists(novita, mirror, clock), options);
  const commands = new ComposedInstanceCommands(
    new CreateInstance(resolver, store.records, requests, new SequentialIds(), clock, options, lifecycle),
    new RunCommands(store.records, store.idle, requests, clock, lifecycle),
    new StopAll(store.records, requests, clock, lifecycle),
    new ChangeSettings(store.records, clock),
    new RefreshInstance(
      store.records,
      new ProviderObserver(novita, store.records, clock, new MarkerListing(novita)),
      new PolicySource(lifecycle, store.records, clock),
      requests,
      clock,
    ),
  );
  const put = (status: InstanceStatus, overrides: InstanceOverrides = {}) => {
    const state =
      status === 'stopped' || status === 'stopping'
        ? 'stopped'
        : status === 'deleting' || status === 'terminated'
          ? 'deleted'
          : 'running';
    const record = anInstance({
      status,
      novitaInstanceId: NOVITA_ID,
      desired: { state, at: at(-60), by: 'user:x' },
      ...overrides,
    });
    store.put(record);
    return record;
  };
  return { clock, store, queue, mirror, commands, put };
}

/** The problem that a command ends with. */
async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('create', () => {
  it('finds the record of an earlier try by the key to repeat by, for a day', async () => {
    const { commands, clock } = setUp();
    const first = await commands.create(REQUEST, CALLER, 'key');
    expect((await commands.create(REQUEST, CALLER, 'key')).record).toEqual(first.record);
    expect((await commands.create(REQUEST, CALLER, 'other key')).record.id).not.toBe(first.record.id);
    expect((await commands.create(REQUEST, CALLER)).record.id).not.toBe(first.record.id);

    clock.advance(25 * 3_600_000);
    const nextDay = await commands.create(REQUEST, CALLER, 'key');
    expect(nextDay.record.id).not.toBe(first.record.id);
    expect((await commands.create(REQUEST, CALLER, 'key')).record.id).toBe(nextDay.record.id);
  });

  it('makes a new one under the same key whenever a day has passed, and finds the latest until then', async () => {
    const gaps = fc.array(fc.oneof(fc.integer({ min: 0, max: 2 * DAY_MS }), fc.integer({ min: 0, max: 40 * DAY_MS })), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(gaps, fc.integer({ min: 0, max: DAY_MS }), async (waits, first) => {
        const { commands, clock } = setUp();
        clock.advance(first);
        let latest: { readonly id: string; readonly at: number } | null = null;
        const ids = new Set<string>();
        for (const wait of [0, ...waits]) {
          clock.advance(wait);
          const found: string | undefined = (await commands.findCreated('key'))?.record.id;
          const { id } = (await commands.create(REQUEST, CALLER, 'key')).record;
          if (latest !== null && clock.now() - latest.at < DAY_MS) {
            expect([found, id]).toEqual([latest.id, latest.id]);
          } else {
            expect(found).toBeUndefined();
            expect(ids).not.toContain(id);
            latest = { id, at: clock.now() };
          }
          ids.add(id);
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['is out of stock by now', { listGpuProducts: async () => [{ ...GPU, availableDeploy: false }] }],
    ['cannot be listed', { listGpuProducts: () => Promise.reject(new NovitaServerFaultError('no', { call: 'list' })) }],
    ['has lost its template', { getTemplate: () => Promise.reject(new NovitaNotFoundError('no', { call: 'get' })) }],
  ] satisfies [string, Partial<NovitaApi>][])(
    'finds the first record when what it bought %s',
    async (_what, change) => {
      let api = partialApi({ ...PROVIDER, getTemplate: () => Promise.resolve(TEMPLATE) });
      const { commands, clock } = setUp({
        listGpuProducts: (...args) => api.listGpuProducts(...args),
        getTemplate: (...args) => api.getTemplate(...args),
      });
      const request = { ...REQUEST, templateId: TEMPLATE.id };
      const first = await commands.create(request, CALLER, 'key');
      api = partialApi({ ...PROVIDER, getTemplate: () => Promise.resolve(TEMPLATE), ...change });
      clock.advance(3_600_000);
      expect((await commands.create(request, CALLER, 'key')).record).toEqual(first.record);
      if (!('listGpuProducts' in change)) await problemOf(commands.create(request, CALLER, 'other key'));
    },
  );

  it.each([
    ['with a key, and a repeat finds it', 'key', true],
    ['without one', undefined, false],
  ])('names the record that a lost answer may have made: %s', async (_how, key, retryable) => {
    const { commands, store } = setUp();
    const insert = store.records.insert.bind(store.records);
    store.records.insert = async (record) => {
      await insert(record);
      throw new WriteOutcomeUnknownError(record.id, new StoreUnavailableError('Command timed out'));
    };
    const { type, details } = await problemOf(commands.create(REQUEST, CALLER, key));
    const [written] = store.history;
    expect([type.code, details.retryable]).toEqual(['outcome-unknown', retryable]);
    expect(details.extensions).toEqual({ instanceId: written?.id });
    expect(details.suggestion).toContain(retryable ? 'same Idempotency-Key' : `GET /api/v1/instances/${written?.id}`);
    if (key !== undefined) expect((await commands.create(REQUEST, CALLER, key)).record.id).toBe(written?.id);
  });

  it('tells what an earlier try made, for a day, and makes nothing itself', async () => {
    const { commands, clock, queue } = setUp();
    expect(await commands.findCreated('key')).toBeNull();
    const first = await commands.create(REQUEST, CALLER, 'key');
    queue.enqueued.length = 0;
    expect((await commands.findCreated('key'))?.record).toEqual(first.record);
    expect(await commands.findCreated('other key')).toBeNull();

    clock.advance(25 * 3_600_000);
    expect(await commands.findCreated('key')).toBeNull();
    const nextDay = await commands.create(REQUEST, CALLER, 'key');
    expect((await commands.findCreated('key'))?.record.id).toBe(nextDay.record.id);
    expect(queue.enqueued.map(({ payload }) => payload['instanceId'])).toEqual([nextDay.record.id]);
  });

  it('finds the record of an earlier try although that one bought the last in stock', async () => {
    let products = [GPU];
    const { commands, clock } = setUp({ listGpuProducts: () => Promise.resolve(products) });
    const first = await commands.create(REQUEST, CALLER, 'key');
    products = [{ ...GPU, availableDeploy: false }];
    clock.advance(3_600_000);
    expect((await problemOf(commands.create(REQUEST, CALLER, 'other key'))).type.status).toBeGreaterThanOrEqual(400);
    expect((await commands.create(REQUEST, CALLER, 'key')).record).toEqual(first.record);
  });

  it('takes the same key as often as a day has passed, each time for one new record', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 48 }), { maxLength: 30 }), async (hoursBetween) => {
        const { commands, clock } = setUp();
        let latest = await commands.create(REQUEST, CALLER, 'key');
        let age = 0;
        for (const hours of hoursBetween) {
          clock.advance(hours * 3_600_000);
          age += hours;
          const next = await commands.create(REQUEST, CALLER, 'key');
          expect(next.record.id === latest.record.id).toBe(age < 24);
          if (age < 24) continue;
          latest = next;
          age = 0;
        }
      }),
      { numRuns: 30 },
    );
  });

  it('writes the record, due at once, and asks for a reconcile', async () => {
    const { commands, queue } = setUp();
    const { record } = await commands.create(REQUEST, CALLER);
    expect(record).toMatchObject({
      name: 'train',
      origin: 'managed',
      status: 'creating',
      desired: { state: 'running', at: at(0), by: 'user:ci' },
      deadlines: { nextReconcileAt: at(0), startupBy: at(600) },
      spec: {
        productId: '4090',
        region: 'CN-HK-01',
        clusterId: '1',
        rootfsSize: 60,
        gpuNum: 1,
        fallbacks: [{ clusterId: '2' }],
      },
      price: { usdPerHour: 0.35 },
    });
    expect(record.marker).toMatch(/^-nfabcd[0-9a-z]{10}$/);
    expect(queue.enqueued).toEqual([{ job: 'RECONCILE_INSTANCE', payload: { instanceId: record.id }, delayMs: 0 }]);
  });

  it('is accepted without a queue: the deadline in the record is enough', async () => {
    const { commands, queue } = setUp();
    queue.available = false;
    await expect(commands.create(REQUEST, CALLER)).resolves.toMatchObject({ record: { status: 'creating' } });
  });

  it.each([
    ['unknown-product', '/productName', { productName: 'RTX 4O90' }],
    ['unknown-product', '/productId', { productId: '5090' }],
    ['unknown-region', '/region', { region: 'CN-HK-02' }],
    ['unknown-template', '/templateId', { templateId: '999' }],
    ['unknown-registry-auth', '/imageAuthId', { imageAuthId: 'nobody' }],
    ['unknown-network-storage', '/networkStorages/0/id', { networkStorages: [{ id: 'no', mountPoint: '/x' }] }],
    ['unknown-network-storage', '/networkStorages/0/id', { networkStorages: [{ id: 'nowhere', mountPoint: '/x' }] }],
    [
      'invalid-spec',
      '/networkStorages',
      {
        networkStorages: [
          { id: 'near', mountPoint: '/x' },
          { id: 'far', mountPoint: '/y' },
        ],
      },
    ],
    ['invalid-spec', '/rootfsSize', { rootfsSize: 101 }],
    ['invalid-spec', '/billingMode', { billingMode: 'spot' }],
    ['invalid-spec', '/gpuNum', { gpuNum: 9 }],
  ] satisfies [string, string, Partial<CreateInstanceRequest>][])(
    'refuses with %s at %s',
    async (code, pointer, overrides) => {
      const { commands, store } = setUp();
      const { productName: _, ...withoutProduct } = REQUEST;
      const request = { ...('productId' in overrides ? withoutProduct : REQUEST), ...overrides };
      const { type, details } = await problemOf(commands.create(request, CALLER));
      expect(type.code).toBe(code);
      expect(type.status).toBeLessThan(500);
      expect(details.errors?.map((error) => error.pointer)).toEqual([pointer]);
      expect(store.history).toEqual([]);
    },
  );

  it('points to the template for a disk that only the template asks for', async () => {
    const { commands } = setUp({ getTemplate: () => Promise.resolve({ ...TEMPLATE, rootfsSize: 101 }) });
    const { type, details } = await problemOf(commands.create({ ...REQUEST, templateId: TEMPLATE.id }, CALLER));
    expect([type.code, details.errors?.[0]?.pointer]).toEqual(['invalid-spec', '/templateId']);
    expect(details.detail).toContain('asks for a disk of 101 GB, and RTX 4090 24GB takes');
  });

  it('names what may have been meant', async () => {
    const { commands } = setUp();
    const product = await problemOf(commands.create({ ...REQUEST, productName: 'RTX 4O90' }, CALLER));
    expect(product.details).toMatchObject({
      extensions: { nearest: ['RTX 4090 24GB'] },
      suggestion: expect.stringContaining('RTX 4090 24GB'),
    });
    const region = await problemOf(commands.create({ ...REQUEST, region: 'CN-HK-02' }, CALLER));
    expect(region.details.extensions).toMatchObject({ nearest: ['CN-HK-01', 'US-CA-06 (California)'] });
  });

  it.each([
    ['product', { productName: 'H100 80GB' }],
    ['region', { region: 'EU-01' }],
    ['registry login', { imageAuthId: 'new' }],
    ['network storage', { networkStorages: [{ id: 'new', mountPoint: '/x' }] }],
    ['stock', { productName: 'RTX 3090 24GB' }],
  ] satisfies [string, Partial<CreateInstanceRequest>][])(
    'asks Novita before it refuses for a %s that an old picture does not show',
    async (_what, overrides) => {
      let offer: 'old' | 'new' = 'old';
      const { commands, clock } = setUp(offering(() => offer));
      await commands.create(REQUEST, CALLER);
      await problemOf(commands.create({ ...REQUEST, ...overrides }, CALLER));
      offer = 'new';
      // It was asked just now; the answer of now is not worth another call.
      clock.advance(5_000);
      await problemOf(commands.create({ ...REQUEST, ...overrides }, CALLER));
      clock.advance(1);
      const { record } = await commands.create({ ...REQUEST, ...overrides }, CALLER);
      expect(record.status).toBe('creating');
    },
  );

  it('asks nothing for what a picture of ten minutes shows', async () => {
    const asked: string[] = [];
    const { commands, clock } = setUp(offering(() => 'old', asked));
    const request = { ...REQUEST, imageAuthId: 'auth', networkStorages: [{ id: 'near', mountPoint: '/x' }] };
    await commands.create(request, CALLER);
    expect(asked.sort()).toEqual(['clusters', 'logins', 'products', 'storages']);
    clock.advance(600_000);
    await commands.create({ ...request, name: 'other' }, CALLER);
    expect(asked).toHaveLength(4);
    clock.advance(1);
    await commands.create({ ...REQUEST, name: 'third' }, CALLER);
    expect(asked.slice(4).sort()).toEqual(['clusters', 'products']);
  });

  it('does not refuse by an old picture when Novita cannot be asked', async () => {
    let isAway = false;
    const { commands, clock } = setUp({
      listGpuProducts: async () => {
        if (isAway) throw new NovitaServerFaultError('broken', { call: 'products' });
        return [GPU];
      },
    });
    await commands.create(REQUEST, CALLER);
    isAway = true;
    clock.advance(3_600_000);
    const known = await commands.create({ ...REQUEST, name: 'known' }, CALLER);
    expect(known.record).toMatchObject({ name: 'known', status: 'creating', spec: { productId: GPU.id } });
    const { type } = await problemOf(commands.create({ ...REQUEST, productName: 'H100 80GB' }, CALLER));
    expect(type.code).toBe('provider-unavailable');
  });

  it('takes a storage to its cluster, and falls back nowhere else', async () => {
    const { commands } = setUp();
    const { record } = await commands.create(
      { ...REQUEST, networkStorages: [{ id: 'far', mountPoint: '/x' }] },
      CALLER,
    );
    expect(record.spec).toMatchObject({ clusterId: '2', fallbacks: [] });
  });

  it('hands the failure of the provider on as its own problem', async () => {
    const { commands } = setUp({
      listGpuProducts: () => Promise.reject(new NovitaUnauthorizedError('bad key', { call: 'products' })),
    });
    expect((await problemOf(commands.create(REQUEST, CALLER))).type.code).toBe('provider-unauthorized');
  });
});

describe('run', () => {
  it('accepts a stop, says already for the second, and asks for one reconcile', async () => {
    const { commands, put, queue } = setUp();
    const { id } = put('ready');
    expect(await commands.run('stop', id, CALLER)).toMatchObject({
      outcome: 'accepted',
      stored: { record: { status: 'stopping' } },
    });
    expect(await commands.run('stop', NOVITA_ID, CALLER)).toMatchObject({ outcome: 'already' });
    expect(queue.enqueued).toHaveLength(1);
  });

  it.each([
    ['stop', 'ready', 1],
    ['delete', 'ready', 1],
    ['start', 'stopped', 0],
    ['restart', 'ready', 0],
  ] as const)('asks for a %s of what is %s with %i urgent job', async (command, status, urgent) => {
    const { commands, put, queue } = setUp();
    const { id } = put(status);
    await commands.run(command, id, CALLER);
    expect(queue.enqueued).toHaveLength(1);
    expect(queue.urgent).toHaveLength(urgent);
  });

  it('begins a new idle time with a start', async () => {
    const { commands, put } = setUp();
    const { id } = put('stopped');
    expect((await commands.run('start', id, CALLER)).stored.lastUsedAt).toBe(at(0));
  });

  it('refuses what it does not know, another revision, and a contradiction', async () => {
    const { commands, put } = setUp();
    const { id } = put('deleting');
    expect((await problemOf(commands.run('stop', anInstance().id, CALLER))).type).toMatchObject({
      code: 'instance-not-found',
      status: 404,
    });
    expect((await problemOf(commands.run('delete', id, CALLER, { ifRevision: 7 }))).type).toMatchObject({
      code: 'revision-mismatch',
      status: 412,
    });
    const busy = await problemOf(commands.run('start', id, CALLER));
    expect(busy.type).toMatchObject({ code: 'instance-busy', status: 409 });
    expect(busy.details.extensions).toMatchObject({ instanceStatus: 'deleting' });
  });
});

describe('runByName', () => {
  it('refuses to choose between two, and names them', async () => {
    const { commands, put } = setUp();
    const both = [put('ready', { name: 'twin' }), put('stopped', { name: 'twin', novitaInstanceId: null })];
    const { type, details } = await problemOf(commands.runByName('stop', 'twin', CALLER));
    expect(type).toMatchObject({ code: 'name-not-unique', status: 409 });
    expect(details.extensions).toMatchObject({ candidates: both.map(({ id, status }) => ({ id, status })) });
  });

  it('does not count those that are gone', async () => {
    const { commands, put } = setUp();
    put('terminated', { name: 'train' });
    const { id } = put('ready', { name: 'train' });
    expect((await commands.runByName('stop', 'train', CALLER)).stored.record.id).toBe(id);
    expect((await problemOf(commands.runByName('stop', 'other', CALLER))).type.code).toBe('instance-not-found');
  });
});

describe('stopAll', () => {
  it('stops all that is ours and runs, tells why the rest is left alone, and only tells in a dry run', async () => {
    const { commands, put, queue, store } = setUp();
    const ready = put('ready');
    const creating = put('creating', { novitaInstanceId: null });
    const foreign = put('ready', { origin: 'discovered' });
    const moving = put('migrating');
    put('stopped');
    put('terminated');
    const written = store.history.length;

    const rehearsal = await commands.stopAll(CALLER, { dryRun: true });
    expect(rehearsal.stopping.map(({ id }) => id)).toEqual([ready.id, creating.id]);
    expect(store.history).toHaveLength(written);
    expect(queue.enqueued).toEqual([]);

    const { stopping, skipped, failed } = await commands.stopAll(CALLER, { dryRun: false });
    expect(stopping).toEqual(rehearsal.stopping);
    expect(skipped.map(({ id }) => id)).toEqual([foreign.id, moving.id]);
    expect(skipped[0]?.reason).toContain('made elsewhere');
    expect(failed).toEqual([]);
    expect(store.now(ready.id)).toMatchObject({ status: 'stopping', desired: { state: 'stopped', by: 'user:ci' } });
    expect(queue.enqueued.map(({ payload }) => payload['instanceId'])).toEqual([ready.id, creating.id]);
    expect(queue.urgent).toHaveLength(2);
  });

  it('stops a failed one that may still run, and leaves one alone that is being stopped', async () => {
    const { commands, put } = setUp();
    const failed = put('failed');
    put('failed', { desired: { state: 'stopped', at: at(0), by: 'lifecycle' } });
    put('failed', { novitaInstanceId: null });
    const { stopping, skipped } = await commands.stopAll(CALLER, { dryRun: true });
    expect(stopping.map(({ id }) => id)).toEqual([failed.id]);
    expect(skipped).toEqual([]);
  });

  it.each([true, false])('tells what goes on costing and why, in a dry run (%s) too', async (dryRun) => {
    const { commands, put } = setUp();
    const price = (usdPerHour: number | null) => ({ price: { usdPerHour } });
    const stopped = { state: 'stopped', at: at(0), by: 'user:ci' } as const;
    const monthly = { spec: { billingMode: 'monthly' } } as const;
    put('ready', price(1));
    put('ready', { ...price(2), origin: 'discovered' });
    put('running', { ...price(null), origin: 'discovered' });
    put('stopped', { ...price(4), origin: 'discovered' });
    put('ready', { ...price(8), ...monthly });
    put('stopped', { ...price(16), ...monthly, desired: stopped });
    put('migrating', price(32));
    put('stopping', { ...price(64), desired: stopped });
    put('stopped', { ...price(128), desired: stopped });
    put('failed', { ...price(256), desired: stopped });
    const { ending, stillCosting } = await commands.stopAll(CALLER, { dryRun });
    expect(ending).toEqual({ usdPerHour: 1, instances: 1, unpriced: 0 });
    expect(stillCosting).toEqual({
      usdPerHour: 58,
      instances: 5,
      unpriced: 1,
      byReason: {
        madeElsewhere: { usdPerHour: 2, instances: 2 },
        monthly: { usdPerHour: 24, instances: 2 },
        notStopped: { usdPerHour: 32, instances: 1 },
      },
    });
  });
});

describe('changeSettings', () => {
  it.each([
    [{}, { enabled: true, thresholdMinutes: 5 }],
    [{ enabled: null }, { thresholdMinutes: 5 }],
    [{ thresholdMinutes: null }, { enabled: true }],
    [{ enabled: null, thresholdMinutes: null }, {}],
    [{ enabled: false }, { enabled: false, thresholdMinutes: 5 }],
    [{ enabled: false, thresholdMinutes: null }, { enabled: false }],
  ])('takes null for the default and absent for no change: %j', async (autoStop, expected) => {
    const { commands, put } = setUp();
    const lease = { until: at(3_600), by: 'user:ci', reason: 'training' };
    const { id } = put('ready', { autoStop: { enabled: true, thresholdMinutes: 5, lease } });
    const { record } = await commands.changeSettings(id, { autoStop }, 1, CALLER);
    expect(record.autoStop).toStrictEqual({ ...expected, lease });
  });

  it('enters what differs in the ledger, and nothing when nothing does', async () => {
    const { commands, put, store } = setUp();
    const { id } = put('ready', { autoStop: { thresholdMinutes: 5 } });
    const entries = () => store.records.accounts.map(({ options }) => options.entry);
    const change = { autoStop: { enabled: false, thresholdMinutes: null }, webhookUrl: 'https://a.example/secret' };
    await commands.changeSettings(id, change, 1, CALLER);
    await commands.changeSettings(id, change, 2, CALLER);
    await commands.changeSettings(id, { webhookUrl: null }, 3);
    expect(entries()).toEqual([
      {
        at: at(0),
        kind: 'settings',
        by: 'user:ci',
        reason: 'auto-stop: as the fleet → off; idle threshold: 5 min → as the fleet; webhook address set',
      },
      undefined,
      { at: at(0), kind: 'settings', by: 'user', reason: 'webhook address removed' },
    ]);
  });

  it('changes what is named and keeps the rest', async () => {
    const { commands, put } = setUp();
    const { id } = put('ready', { autoStop: { enabled: true, thresholdMinutes: 5 }, webhookUrl: 'https://a.example' });
    const { record } = await commands.changeSettings(id, { autoStop: { thresholdMinutes: 9 } }, 1);
    expect(record).toMatchObject({ autoStop: { enabled: true, thresholdMinutes: 9 }, webhookUrl: 'https://a.example' });
    expect((await commands.changeSettings(id, { webhookUrl: null }, 2)).record.webhookUrl).toBeNull();
    expect((await problemOf(commands.changeSettings(id, {}, 1))).type.code).toBe('revision-mismatch');
    expect((await commands.changeSettings(id, {}, null)).record.id).toBe(id);
  });
});

describe('refresh', () => {
  const signal = new AbortController().signal;
  const seen = (status: string) => ({ getInstance: () => Promise.resolve(aNovitaInstance({ id: NOVITA_ID, status })) });

  it('writes what is seen', async () => {
    const { commands, put, queue } = setUp(seen('stopping'));
    const { id } = put('stopping');
    const { record } = await commands.refresh(id, signal);
    expect(record).toMatchObject({ status: 'stopping', novitaStatus: 'stopping', observedAt: at(0), source: 'get' });
    expect(queue.enqueued).toEqual([]);
  });

  it('leaves what has to be done about it to the workers', async () => {
    const { commands, put, queue } = setUp(seen('running'));
    const { id } = put('stopping');
    const { record } = await commands.refresh(id, signal);
    expect(record).toMatchObject({
      status: 'stopping',
      novitaStatus: 'running',
      attempts: { commands: 0 },
      deadlines: { nextReconcileAt: at(0) },
    });
    expect(queue.enqueued).toHaveLength(1);
  });

  it('reads nothing before there is an id, and tells a failure as a problem', async () => {
    const { commands, put } = setUp({
      getInstance: () => Promise.reject(new NovitaServerFaultError('500', { call: 'get' })),
    });
    const creating = put('creating', { novitaInstanceId: null });
    expect((await commands.refresh(creating.id, signal)).record).toEqual(creating);
    const { id } = put('ready');
    expect((await problemOf(commands.refresh(id, signal))).type.code).toBe('provider-unavailable');
  });
});
