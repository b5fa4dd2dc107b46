import {
  type AuditEntry,
  AuditLog,
  type DeadlineKind,
  Deadlines,
  type FleetCounts,
  type FleetCountsRead,
  type FleetFilter,
  FleetIndex,
  type FleetMatches,
  type FleetPage,
  type FleetQuery,
  type FleetRead,
  type FleetSummaryRead,
  FleetView,
  IdleTracker,
  INSTANCE_STATUSES,
  type InstanceId,
  type InstanceRecord,
  InstanceRecords,
  type NovitaInstanceId,
  type StoredInstance,
  type TouchResult,
} from '@app/instance-store';
import type { InstanceRef } from '@app/lifecycle';
import { type Clock, SystemClock, type Timestamp } from '@app/platform';

type Rejection = Error | null;

/** What the fake store holds, as this process sees it. */
export class FakeFleetView extends FleetView {
  readonly queries: FleetQuery[] = [];

  /** Whether lists hold the instances of the store; otherwise they are its `page`, whatever is asked for. */
  listsStored = false;
  /** How often it has summed up. */
  summaries = 0;

  constructor(
    private readonly store: FakeInstanceStore,
    private readonly clock: Clock = new SystemClock(),
  ) {
    super();
  }

  /** Since when it is behind the store. */
  behindSince: Timestamp | null = null;

  override async get(ref: InstanceRef): Promise<FleetRead | null> {
    const stored = await this.store.records.get(ref);
    return stored === null ? null : { ...stored, behindSince: this.behindSince };
  }

  override known(ref: InstanceRef): InstanceRecord | null {
    return this.store.known(ref);
  }

  override assume(record: InstanceRecord): void {
    this.store.put(record);
  }

  override seed(): void {
    throw new Error('the fake view holds no records of its own');
  }

  damaged: readonly InstanceId[] = [];

  override unreadable(): readonly InstanceId[] {
    return this.damaged;
  }

  override wasRead = true;

  override storeAwaySince(): Timestamp | null {
    return this.behindSince;
  }

  private readonly lossListeners: (() => void)[] = [];

  override onDataLoss(listener: () => void): () => void {
    this.lossListeners.push(listener);
    return () => undefined;
  }

  loseData(): void {
    for (const listener of this.lossListeners) listener();
  }

  override async summarize(filter: FleetFilter): Promise<FleetSummaryRead> {
    this.summaries += 1;
    return { ...this.index().summary(filter), behindSince: this.behindSince };
  }

  override async match(filter: FleetFilter): Promise<FleetMatches> {
    return { records: this.index().matching(filter), behindSince: this.behindSince };
  }

  override async liveOf(owner: string): Promise<FleetMatches> {
    return { records: this.index().liveOf(owner), behindSince: this.behindSince };
  }

  private index(): FleetIndex {
    if (this.store.failure !== null) throw this.store.failure;
    const uses = this.store.instances.flatMap(({ record, lastUsedAt }) =>
      lastUsedAt === null ? [] : [[record.id, lastUsedAt] as const],
    );
    const index = new FleetIndex(undefined, new Map(uses));
    for (const { record } of this.store.instances) index.put(record);
    index.passTime(this.clock.now(), []);
    return index;
  }

  override async counts(): Promise<FleetCountsRead> {
    return { ...(await this.store.records.counts()), unreadable: 0, behindSince: this.behindSince };
  }

  override async list(query: FleetQuery): Promise<FleetPage> {
    if (this.store.failure !== null) throw this.store.failure;
    this.queries.push(query);
    if (this.listsStored) return this.listStored(query);
    const { instances, total, nextCursor } = this.store.page;
    return {
      instances,
      total: this.store.fleetSize ?? total ?? instances.length,
      nextCursor,
      behindSince: this.behindSince,
    };
  }

  private listStored(query: FleetQuery): FleetPage {
    const { records, ...page } = this.index().page(query);
    const instances = records.flatMap(({ id }) => this.store.find(id) ?? []);
    return { ...page, instances, behindSince: this.behindSince };
  }
}

/** The ports that the API uses, over the records that a test puts there; remembers what they were asked. */
export class FakeInstanceStore {
  readonly touches: { readonly id: string; readonly at: Timestamp; readonly by: string | undefined }[] = [];
  /** What `records.get` was asked for, in order. */
  readonly gets: string[] = [];
  readonly auditLogs = new Map<InstanceId, readonly AuditEntry[]>();
  /** What the fleet's view lists. */
  page: Omit<FleetPage, 'behindSince'> = { instances: [], total: 0, nextCursor: null };
  /** What `counts` says instead of the truth. */
  fleetSize: number | null = null;
  /** Thrown by every method while it is set. */
  failure: Rejection = null;
  readonly instances: StoredInstance[] = [];
  readonly records = new FakeRecords(this);
  readonly deadlines = new FakeDeadlines(this);
  readonly idle = new FakeIdleTracker(this);
  readonly audit = new FakeAuditLog(this);

  /** As it was when it was made. */
  clear(): void {
    this.touches.length = 0;
    this.gets.length = 0;
    this.auditLogs.clear();
    this.page = { instances: [], total: 0, nextCursor: null };
    this.fleetSize = null;
    this.failure = null;
    this.instances.length = 0;
    this.deadlines.byKind.clear();
  }

  known(ref: InstanceRef): InstanceRecord | null {
    const found = this.instances.find(({ record }) => record.id === ref || record.novitaInstanceId === ref);
    return found?.record ?? null;
  }

  put(record: InstanceRecord, lastUsedAt: Timestamp | null = null): StoredInstance {
    const stored = { record: Object.freeze(record), lastUsedAt };
    const index = this.instances.findIndex((known) => known.record.id === record.id);
    if (index === -1) this.instances.push(stored);
    else this.instances[index] = stored;
    return stored;
  }

  find(id: string): StoredInstance | null {
    return this.instances.find(({ record }) => record.id === id || record.novitaInstanceId === id) ?? null;
  }

  mayFail(): void {
    if (this.failure !== null) throw this.failure;
  }
}

class FakeRecords extends InstanceRecords {
  override readonly getManyByMarker = notExpected;
  override readonly findByName = notExpected;
  override readonly findByMarker = notExpected;
  override readonly scan = notExpected;
  override readonly insert = notExpected;
  override readonly write = notExpected;
  override readonly remove = notExpected;
  override readonly removeUnreadable = notExpected;
  override readonly insertMany = notExpected;
  override readonly restore = notExpected;

  constructor(private readonly store: FakeInstanceStore) {
    super();
  }

  override async get(id: InstanceId | NovitaInstanceId): Promise<StoredInstance | null> {
    this.store.mayFail();
    this.store.gets.push(id);
    return this.store.find(id);
  }

  override async getMany(ids: readonly InstanceId[]): Promise<readonly StoredInstance[]> {
    this.store.mayFail();
    return this.store.instances.filter(({ record }) => ids.includes(record.id));
  }

  override async getManyByNovitaId(ids: readonly NovitaInstanceId[]): Promise<readonly StoredInstance[]> {
    this.store.mayFail();
    return this.store.instances.filter(({ record }) => ids.some((id) => id === record.novitaInstanceId));
  }

  override async counts(): Promise<FleetCounts> {
    this.store.mayFail();
    const countOf = (wanted: string): number =>
      this.store.instances.filter(({ record }) => record.status === wanted).length;
    const byStatus = Object.fromEntries(INSTANCE_STATUSES.map((status) => [status, countOf(status)]));
    const discovered = this.store.instances.filter(({ record }) => record.origin === 'discovered').length;
    const total = this.store.fleetSize ?? this.store.instances.length;
    return { total, byStatus: byStatus as FleetCounts['byStatus'], discovered };
  }
}

class FakeDeadlines extends Deadlines {
  /** What it goes by. */
  readonly byKind = new Map<DeadlineKind, readonly { readonly id: InstanceId; readonly at: Timestamp }[]>();
  override readonly emitUnconfirmed = notExpected;

  constructor(private readonly store: FakeInstanceStore) {
    super();
  }

  override async due(kind: DeadlineKind, now: Timestamp, limit: number): Promise<readonly InstanceId[]> {
    this.store.mayFail();
    return this.dueBy(kind, now).slice(0, limit);
  }

  override async kindsDue(now: Timestamp): Promise<ReadonlySet<DeadlineKind>> {
    this.store.mayFail();
    return new Set([...this.byKind.keys()].filter((kind) => this.dueBy(kind, now).length > 0));
  }

  override async dueCount(kind: DeadlineKind, now: Timestamp): Promise<number> {
    this.store.mayFail();
    return this.dueBy(kind, now).length;
  }

  private dueBy(kind: DeadlineKind, now: Timestamp): InstanceId[] {
    const due = (this.byKind.get(kind) ?? []).filter(({ at }) => at <= now);
    return due.toSorted((a, b) => a.at.localeCompare(b.at)).map(({ id }) => id);
  }
}

class FakeIdleTracker extends IdleTracker {
  override readonly lastUsedBy = notExpected;
  override readonly claim = notExpected;
  override readonly warn = notExpected;
  override readonly reindex = notExpected;
  override readonly postpone = notExpected;

  constructor(private readonly store: FakeInstanceStore) {
    super();
  }

  override async touch(id: InstanceId | NovitaInstanceId, at: Timestamp, by?: string): Promise<TouchResult> {
    this.store.mayFail();
    const stored = this.store.find(id);
    if (stored === null) return { outcome: 'missing' };
    this.store.touches.push({ id, at, by });
    const moved = stored.lastUsedAt === null || stored.lastUsedAt < at;
    const lastUsedAt = moved ? at : (stored.lastUsedAt ?? at);
    this.store.put(stored.record, lastUsedAt);
    return { outcome: 'touched', id: stored.record.id, lastUsedAt, moved, status: stored.record.status };
  }
}

class FakeAuditLog extends AuditLog {
  constructor(private readonly store: FakeInstanceStore) {
    super();
  }

  override async append(entries: readonly { readonly id: InstanceId; readonly entry: AuditEntry }[]): Promise<void> {
    this.store.mayFail();
    const { auditLogs } = this.store;
    for (const { id, entry } of entries) auditLogs.set(id, [entry, ...(auditLogs.get(id) ?? [])]);
  }

  override async entries(id: InstanceId, limit: number): Promise<readonly AuditEntry[]> {
    this.store.mayFail();
    return (this.store.auditLogs.get(id) ?? []).slice(0, limit);
  }
}

function notExpected(): never {
  throw new Error('the API is not expected to call this');
}
