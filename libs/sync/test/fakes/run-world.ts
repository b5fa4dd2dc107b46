import { CatalogueMirror, type Mirrored, type MirroredItems, type MirroredKind } from '@app/catalogue-mirror';
import {
  BEFORE_FIRST_ENTRY,
  type FleetEvent,
  MemoryChangeFeed,
  type MemoryStore,
  memoryStore,
  type SyncFeedEventType,
} from '@app/instance-store';
import { type Novita, type Page } from '@app/novita-client';
import { MetricsRegistry, ProcessIdentity, type Timestamp, timestampFromMs } from '@app/platform';
import { type LockKeeper, MemoryLockKeeper } from '@app/redis';
import type { SyncEvent, SyncStatusStore } from '@app/sync-status';
import { MemorySyncStatusStore, NO_CHANGES } from '@app/sync-status';
import { FakeClock, partialNovita } from '@app/testing';
import { CataloguePass } from '../../src/catalogue/catalogue-pass.js';
import { InstancePass, type InstancePassResult, type PassContext } from '../../src/instances/instance-pass.js';
import { NOVITA_SOURCE, SYNC_KINDS, type SyncOrder } from '../../src/model/sync-run.js';
import { MemoryRunNotes } from '../../src/notes/memory-run-notes.js';
import { RunRecorder } from '../../src/runner/run-record.js';
import { Cleanup, RunSteps } from '../../src/runner/run-steps.js';
import { SyncLock, SyncRunner } from '../../src/runner/sync-runner.js';
import { NextRunPlanner } from '../../src/schedule/sync-jobs.js';
import { SyncMetrics } from '../../src/status/sync-metrics.js';
import { FakeQueue } from './fake-queue.js';

export const TTL_MS = 30_000;
const INTERVAL_MS = 30 * 60_000;

/** The records and deadlines of a fleet without records, which says that it has seven. */
function emptyStore(clock: FakeClock): MemoryStore {
  const store = memoryStore(clock);
  store.records.counts = () => Promise.resolve({ total: 7, byStatus: {} as never, discovered: 0 });
  return store;
}

const named = (kind: MirroredKind) => ({ id: `${kind}-1`, name: kind });

const ITEMS: MirroredItems = {
  'gpu-products': {
    ...named('gpu-products'),
    cpuPerGpu: 16,
    memoryPerGpu: 62,
    diskPerGpu: 290,
    availableDeploy: true,
    minRootfs: null,
    maxRootfs: null,
    regions: [],
    onDemandUsdPerHour: null,
    spotUsdPerHour: null,
    monthly: [],
    billingModes: [],
    inventoryState: null,
  },
  'cpu-products': {
    ...named('cpu-products'),
    cpuNum: 4,
    memoryGb: 8,
    rootfsGb: null,
    availableDeploy: true,
    usdPerHour: null,
  },
  clusters: {
    ...named('clusters'),
    availableGpuTypes: [],
    supportsNetworkStorage: true,
    supportsInstanceNetwork: true,
  },
  templates: {
    ...named('templates'),
    channel: null,
    image: 'nginx:1',
    imageAuthId: null,
    startCommand: null,
    entrypoint: null,
    rootfsSize: null,
    ports: [],
    envs: [],
    tools: [],
    volumes: [],
    minCudaVersion: null,
  },
  'registry-auths': { ...named('registry-auths'), username: 'me' },
  'network-storages': { ...named('network-storages'), sizeGb: 10, clusterId: null, clusterName: null },
  jobs: {
    ...named('jobs'),
    type: 'instanceMigrate',
    state: 'success',
    errorMessage: null,
    instanceId: null,
    createdAt: null,
  },
  endpoints: { ...named('endpoints'), state: null },
};

/** The provider's small lists, each of one item, until the test says otherwise. */
export class FakeLists {
  readonly faults = new Map<MirroredKind, Error>();
  readonly asked: MirroredKind[] = [];

  get api(): Novita {
    const whole =
      <Kind extends MirroredKind>(kind: Kind) =>
      async () => [await this.item(kind)];
    const item = <Kind extends MirroredKind>(kind: Kind) => this.item(kind);
    const paged = <Kind extends MirroredKind>(kind: Kind) =>
      async function* (): AsyncGenerator<Page<MirroredItems[Kind]>> {
        const verdict = { clean: true, reason: null, startedAt: timestampFromMs(0), total: 1, distinct: 1, pages: 1 };
        yield { items: [await item(kind)], total: 1, malformed: [], index: 0, verdict };
      };
    return partialNovita({
      catalogue: {
        gpuProducts: whole('gpu-products'),
        cpuProducts: whole('cpu-products'),
        clusters: whole('clusters'),
        templates: paged('templates'),
        registryAuths: whole('registry-auths'),
        networkStorages: paged('network-storages'),
      },
      account: { jobs: paged('jobs'), endpoints: paged('endpoints') },
    });
  }

  private async item<Kind extends MirroredKind>(kind: Kind): Promise<MirroredItems[Kind]> {
    this.asked.push(kind);
    await Promise.resolve();
    const fault = this.faults.get(kind);
    if (fault !== undefined) throw fault;
    return ITEMS[kind];
  }
}

type SyncFeedEntry = Extract<FleetEvent, { readonly type: SyncFeedEventType }>;

/** All that a runner works with, in memory; several runners over it are several workers. */
export class RunWorld {
  readonly clock = new FakeClock();
  readonly memoryLocks = new MemoryLockKeeper(this.clock);
  readonly feed = new MemoryChangeFeed(this.clock);
  readonly status = new MemorySyncStatusStore(NOVITA_SOURCE, this.clock, {
    locks: this.memoryLocks,
    feed: this.feed,
  });
  readonly notes = new MemoryRunNotes(this.clock, this.memoryLocks);
  readonly queue = new FakeQueue();
  readonly mirror = new FakeMirror();
  readonly lists = new FakeLists();
  readonly options = { lockTtlMs: TTL_MS, intervalMs: INTERVAL_MS, automatic: true };
  readonly store = emptyStore(this.clock);

  runner(
    pass: FakePass = new FakePass(),
    { locks = this.memoryLocks, status = this.status }: { locks?: LockKeeper; status?: SyncStatusStore } = {},
  ): SyncRunner {
    const { store, clock } = this;
    const catalogue = new CataloguePass(this.lists.api, this.mirror, clock);
    const steps = new RunSteps(store.records, new Cleanup(store.records, store.deadlines, clock), catalogue, pass);
    const metrics = new SyncMetrics(new MetricsRegistry());
    const identity = new ProcessIdentity('worker', 'node-1', 17);
    const planner = new NextRunPlanner(this.queue, clock, this.options);
    const lock = new SyncLock(locks, clock, identity, this.options);
    return new SyncRunner(lock, steps, new RunRecorder(status, this.notes, planner, metrics, clock));
  }

  /** The entries of the change feed about runs. */
  async feedEntries(): Promise<readonly SyncFeedEntry[]> {
    const entries = (await this.feed.after(BEFORE_FIRST_ENTRY, 1_000)) ?? [];
    return entries.filter((entry): entry is SyncFeedEntry => entry.type.startsWith('sync.'));
  }

  async events(): Promise<readonly SyncEvent[]> {
    return (await this.status.eventsAfter('0-0', 10_000)) ?? [];
  }
}

let runs = 0;

export function anOrder(overrides: Partial<SyncOrder> = {}): SyncOrder {
  runs += 1;
  return {
    runId: `01J00000000000000000${String(runs).padStart(6, '0')}`,
    trigger: 'manual',
    requestedBy: 'user:test',
    retry: 0,
    forceSync: false,
    handleObsoleteInstances: true,
    dryRun: false,
    resources: SYNC_KINDS,
    ...overrides,
  };
}

export const NEVER = new AbortController().signal;

const NOTHING_FOUND: InstancePassResult = {
  verdict: { clean: true, reason: null, startedAt: timestampFromMs(0), total: 0, distinct: 0, pages: 1 },
  changes: NO_CHANGES,
  held: null,
  actions: [],
  actionCount: 0,
  note: null,
};

/** Lists nothing and does what the test says. */
export class FakePass extends InstancePass {
  readonly contexts: PassContext[] = [];
  /** What a pass does before it ends. */
  work: (context: PassContext) => Promise<void> = () => Promise.resolve();
  found: Partial<InstancePassResult> = {};

  override async run(context: PassContext): Promise<InstancePassResult> {
    this.contexts.push(context);
    await this.work(context);
    return { ...NOTHING_FOUND, ...this.found };
  }
}

export function aVerdict(overrides: Partial<InstancePassResult['verdict']> = {}): InstancePassResult['verdict'] {
  return { ...NOTHING_FOUND.verdict, ...overrides };
}

/** Keeps what it is given, for tests to look at. */
export class FakeMirror extends CatalogueMirror {
  readonly kept = new Map<MirroredKind, { readonly items: readonly unknown[]; readonly asOf: Timestamp }>();

  override read<Kind extends MirroredKind>(kind: Kind): Promise<Mirrored<MirroredItems[Kind]> | null> {
    return Promise.resolve((this.kept.get(kind) as Mirrored<MirroredItems[Kind]> | undefined) ?? null);
  }

  override write<Kind extends MirroredKind>(
    kind: Kind,
    items: readonly MirroredItems[Kind][],
    asOf: Timestamp,
  ): Promise<boolean> {
    this.kept.set(kind, { items, asOf });
    return Promise.resolve(true);
  }
}
