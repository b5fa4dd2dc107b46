import { MemoryCatalogueMirror } from '@app/catalogue-mirror';
import type { InstanceStatus, NovitaInstanceId } from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import {
  type CatalogueResource,
  type InstancesResource,
  type NovitaGpuProduct,
  type NovitaNetworkStorage,
  NovitaNotFoundError,
  type NovitaTemplate,
  type Page,
} from '@app/novita-client';
import { Problem } from '@app/platform';
import { anInstance, FakeClock, type InstanceOverrides, partialNovita, SequentialIds } from '@app/testing';
import { CatalogueCache } from '../../src/catalogue/catalogue-cache.js';
import { ChangeSettings } from '../../src/commands/change-settings.js';
import { CreateInstance } from '../../src/commands/create-instance.js';
import type { CreateInstanceRequest } from '../../src/commands/instance-commands.js';
import { RefreshInstance } from '../../src/commands/refresh-instance.js';
import { CreateResolver } from '../../src/commands/resolve-create.js';
import { RunCommands } from '../../src/commands/run-commands.js';
import { StopAll } from '../../src/commands/stop-all.js';
import { PolicySource } from '../../src/reconcile/policy-source.js';
import { MarkerListing, ProviderObserver } from '../../src/reconcile/provider-observer.js';
import { FakeQueue } from './fake-queue.js';
import { at, NOW } from './observations.js';
import { TestStore } from './test-store.js';
import { POLICY } from './world.js';

export const CALLER = { keyName: 'ci' };
export const REQUEST: CreateInstanceRequest = { name: 'train', productName: 'RTX 4090 24GB', image: 'nginx' };

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

export const GPU: NovitaGpuProduct = {
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

export const TEMPLATE: NovitaTemplate = {
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

export const CATALOGUE = {
  clusters: () =>
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
  gpuProducts: () => Promise.resolve([GPU]),
  template: () => Promise.reject(new NovitaNotFoundError('template not found', { call: 'template' })),
  registryAuths: () => Promise.resolve([{ id: 'auth', name: 'hub', username: 'me' }]),
  networkStorages: () => onePage([storage('near', '1'), storage('far', '2'), storage('nowhere', '9')]),
} satisfies Partial<CatalogueResource>;

/** A provider that has more in its new offer than in its old one. */
export function offering(which: () => 'old' | 'new', asked: string[] = []): Partial<CatalogueResource> {
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
    gpuProducts: () =>
      offer(
        'products',
        [GPU, scarce],
        [
          { ...GPU, id: 'h100', name: 'H100 80GB' },
          { ...scarce, availableDeploy: true },
        ],
      ),
    clusters: () => offer('clusters', [place], [{ ...place, id: '3', name: 'EU-01' }]),
    registryAuths: () => offer('logins', [login], [{ ...login, id: 'new' }]),
    async *networkStorages() {
      yield* onePage(await offer('storages', [storage('near', '1')], [storage('new', '1')]));
    },
  };
}

/** The commands, over the memory store, a queue that records, and a provider with these calls beside `CATALOGUE`. */
export function setUp(catalogue: Partial<CatalogueResource> = {}, instances: Partial<InstancesResource> = {}) {
  const clock = new FakeClock(NOW);
  const store = new TestStore(clock);
  const queue = new FakeQueue();
  const mirror = new MemoryCatalogueMirror(() => undefined);
  const novita = partialNovita({ instances, catalogue: { ...CATALOGUE, ...catalogue } });
  const requests = new ReconcileRequests(queue);
  const lifecycle = { policy: POLICY, maxRequestsPerSecond: 10 };
  const options = {
    fleetId: 'abcd',
    startupTimeoutMs: POLICY.startupTimeoutMs,
    defaults: { billingMode: 'onDemand', region: 'CN-HK-01' },
  } as const;
  const lists = new CatalogueCache(novita, mirror, clock);
  const resolver = new CreateResolver(novita, lists, options);
  const creates = new CreateInstance(resolver, store.records, requests, new SequentialIds(), clock, options);
  const runs = new RunCommands(store.records, store.idle, requests, clock, lifecycle);
  const all = new StopAll(store.records, requests, clock, lifecycle);
  const settings = new ChangeSettings(store.records, requests, clock);
  const refreshes = new RefreshInstance(
    store.records,
    new ProviderObserver(novita, store.records, clock, new MarkerListing(novita), lists),
    new PolicySource(lifecycle, store.records, clock),
    requests,
    clock,
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
      novitaInstanceId: novitaId(store.history.length + 1),
      desired: { state, at: at(-60), by: 'user:x' },
      ...overrides,
    });
    store.put(record);
    return record;
  };
  return { clock, store, queue, mirror, creates, runs, all, settings, refreshes, put };
}

/** The first record of a store gets `NOVITA_ID`. */
function novitaId(number: number): NovitaInstanceId {
  return `n${String(number).padStart(16, '0')}` as NovitaInstanceId;
}

/** The problem that a command ends with. */
export async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('it was accepted');
}
