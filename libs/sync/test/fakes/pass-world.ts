import {
  buildMarker,
  type InstanceRecord,
  instanceIdFromUlid,
  memoryStore,
  type NovitaInstanceId,
  nameAtProvider,
  type StoredInstance,
} from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import type { NovitaInstance } from '@app/novita-client';
import type { Timestamp } from '@app/platform';
import { type LockHold, MemoryLockKeeper } from '@app/redis';
import { aNewInstance, FakeClock, type InstanceOverrides, SequentialIds } from '@app/testing';
import { NO_PRICES } from '../../src/catalogue/price-book.js';
import { FleetInstancePass, type InstancePassResult, type PassContext } from '../../src/instances/instance-pass.js';
import { FleetRecords } from '../../src/instances/pass-records.js';
import type { InstancePolicy } from '../../src/model/run-options.js';
import type { SyncOptions } from '../../src/model/sync-run.js';
import { FakeQueue } from './fake-queue.js';
import { ListingNovita, novitaId } from './listing-novita.js';

export const FLEET_ID = 'f1a2';
const HOUR_MS = 3_600_000;

export const PASS_POLICY: InstancePolicy = {
  fleetId: FLEET_ID,
  missingGraceMs: 60_000,
  obsolete: { removeObsolete: false, retentionMs: 7 * 24 * HOUR_MS },
  maxObsoletePercent: 30,
};

/** A store in memory, a provider that can be made to lie, and the pass between them. An hour has passed at the start. */
export class PassWorld {
  readonly clock = new FakeClock();
  readonly locks = new MemoryLockKeeper(this.clock);
  readonly store = memoryStore(this.clock, { locks: this.locks });
  readonly novita: ListingNovita;
  readonly queue = new FakeQueue();
  readonly ids = new SequentialIds();
  readonly progress: [count: number, total: number | null][] = [];
  heldBefore: PassContext['heldBefore'] = null;
  private made = 0;

  constructor(
    private readonly policy: InstancePolicy = PASS_POLICY,
    pageSize = 3,
  ) {
    this.novita = new ListingNovita(this.clock, pageSize);
    this.clock.advance(HOUR_MS);
  }

  async hold(): Promise<LockHold> {
    const taken = await this.locks.acquire('sync', { owner: 'test', purpose: 'test', ttlMs: HOUR_MS });
    if (!taken.acquired) throw new Error('the lock is taken');
    return taken.hold;
  }

  /** One pass under a lock of its own. What it holds is remembered for the next. */
  async run(options: Partial<SyncOptions> = {}, context: Partial<PassContext> = {}): Promise<InstancePassResult> {
    const dryRun = options.dryRun ?? false;
    const hold = dryRun ? null : await this.hold();
    try {
      const result = await this.pass().run({
        hold,
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
        onProgress: (count, total) => this.progress.push([count, total]),
        ...context,
      });
      if (!dryRun) this.heldBefore = result.held;
      return result;
    } finally {
      if (hold !== null) await this.locks.release(hold);
    }
  }

  pass(): FleetInstancePass {
    const { records, digests, idle } = this.store;
    const fleet = new FleetRecords(records, digests, idle, new ReconcileRequests(this.queue));
    return new FleetInstancePass(fleet, this.novita.api, this.clock, this.ids, this.policy);
  }

  /** An instance of ours that is ready since an hour, with its record. */
  async ready(overrides: InstanceOverrides = {}, item: Partial<NovitaInstance> = {}): Promise<InstanceRecord> {
    this.made += 1;
    const id = novitaId(this.made);
    const marker = buildMarker(FLEET_ID, this.ids.ulid());
    const name = `ours-${this.made}`;
    this.novita.put({ id, name: nameAtProvider(name, marker), ...item });
    return this.recordOf({
      novitaInstanceId: id,
      name,
      marker,
      status: 'ready',
      novitaStatus: 'running',
      confirmedAt: this.anHourAgo,
      observedAt: this.anHourAgo,
      source: 'get',
      ...overrides,
    });
  }

  /** Only the record. */
  async recordOf(overrides: InstanceOverrides): Promise<InstanceRecord> {
    const created = this.anHourAgo;
    // All ids of a world come from one source, so that none comes twice.
    const id = instanceIdFromUlid(this.ids.ulid());
    const record = aNewInstance({ id, timestamps: { created }, ...overrides });
    const result = await this.store.records.insert(record);
    if (result.outcome !== 'inserted') throw new Error(result.outcome);
    return result.stored.record;
  }

  async several(count: number): Promise<readonly InstanceRecord[]> {
    const records: InstanceRecord[] = [];
    for (let n = 0; n < count; n++) records.push(await this.ready());
    return records;
  }

  async byNovitaId(id: NovitaInstanceId | null): Promise<StoredInstance | null> {
    return id === null ? null : this.store.records.get(id);
  }

  async read(record: InstanceRecord): Promise<InstanceRecord | null> {
    return (await this.store.records.get(record.id))?.record ?? null;
  }

  async all(): Promise<readonly InstanceRecord[]> {
    const { instances } = await this.store.records.scan(null, 200);
    return instances.map(({ record }) => record);
  }

  /** The instances that the life cycle was called to. */
  get called(): readonly unknown[] {
    return this.queue.enqueued.map(({ payload }) => payload['instanceId']);
  }

  get anHourAgo(): Timestamp {
    const before = new FakeClock(this.clock.now() - HOUR_MS);
    return before.timestamp();
  }
}
