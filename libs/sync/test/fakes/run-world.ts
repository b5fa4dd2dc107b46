import {
  BEFORE_FIRST_ENTRY,
  type FleetNotice,
  MemoryChangeFeed,
  type MemoryStore,
  memoryStore,
  type SyncNewsType,
} from '@app/instance-store';
import { type MirroredKind, type NovitaApi } from '@app/novita-client';
import { MetricsRegistry, ProcessIdentity } from '@app/platform';
import { type LockKeeper, MemoryLockKeeper } from '@app/redis';
import { FakeClock } from '@app/testing';
import { CataloguePass } from '../../src/run/catalogue-pass.js';
import { Cleanup } from '../../src/run/cleanup.js';
import { FollowUp } from '../../src/run/follow-up.js';
import { RunSteps } from '../../src/run/run-steps.js';
import type { SyncOrder } from '../../src/run/sync-options.js';
import { SyncRunner } from '../../src/run/sync-runner.js';
import { MemorySyncStatusStore } from '../../src/status/memory/memory-sync-status-store.js';
import { SyncMetrics } from '../../src/status/sync-metrics.js';
import type { SyncEvent } from '../../src/status/sync-status.js';
import type { SyncStatusStore } from '../../src/status/sync-status-store.port.js';
import { SYNC_KINDS } from '../../src/sync-kinds.js';
import { FakeMirror } from './fake-mirror.js';
import { FakePass } from './fake-pass.js';
import { FakeQueue } from './fake-queue.js';

export const TTL_MS = 30_000;
const INTERVAL_MS = 30 * 60_000;

/** The records and deadlines of a fleet without records, which says that it has seven. */
function emptyStore(clock: FakeClock): MemoryStore {
  const store = memoryStore(clock);
  store.records.counts = () => Promise.resolve({ total: 7, byStatus: {} as never, discovered: 0 });
  return store;
}

/** The provider's small lists, each of one item, until the test says otherwise. */
export class FakeLists {
  readonly faults = new Map<MirroredKind, Error>();
  readonly asked: MirroredKind[] = [];

  get api(): NovitaApi {
    const whole = (kind: MirroredKind) => async () => [await this.item(kind)];
    const item = (kind: MirroredKind): Promise<{ readonly id: string }> => this.item(kind);
    const paged = (kind: MirroredKind) =>
      async function* () {
        const verdict = { clean: true, reason: null, startedAt: '', total: 1, distinct: 1, pages: 1 };
        yield { items: [await item(kind)], total: 1, malformed: [], index: 0, verdict };
      };
    return {
      listGpuProducts: whole('gpu-products'),
      listCpuProducts: whole('cpu-products'),
      listClusters: whole('clusters'),
      listTemplates: paged('templates'),
      listRegistryAuths: whole('registry-auths'),
      listNetworkStorages: paged('network-storages'),
      listJobs: paged('jobs'),
      listEndpoints: paged('endpoints'),
    } as unknown as NovitaApi;
  }

  private async item(kind: MirroredKind): Promise<{ readonly id: string; readonly name: string }> {
    this.asked.push(kind);
    await Promise.resolve();
    const fault = this.faults.get(kind);
    if (fault !== undefined) throw fault;
    return { id: `${kind}-1`, name: kind };
  }
}

type SyncNotice = Extract<FleetNotice, { readonly type: SyncNewsType }>;

/** All that a runner works with, in memory; several runners over it are several workers. */
export class RunWorld {
  readonly clock = new FakeClock();
  readonly memoryLocks = new MemoryLockKeeper(this.clock);
  readonly feed = new MemoryChangeFeed(this.clock);
  readonly status = new MemorySyncStatusStore(this.clock, { locks: this.memoryLocks, feed: this.feed });
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
    const followUp = new FollowUp(this.queue, clock, this.options);
    return new SyncRunner(locks, status, steps, followUp, clock, identity, metrics, this.options);
  }

  /** What the change feed was told of runs. */
  async news(): Promise<readonly SyncNotice[]> {
    const entries = (await this.feed.after(BEFORE_FIRST_ENTRY, 1_000)) ?? [];
    return entries.filter((entry): entry is SyncNotice => entry.type.startsWith('sync.'));
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
