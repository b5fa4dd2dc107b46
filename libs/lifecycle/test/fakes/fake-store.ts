import {
  AuditLog,
  DEADLINE_KINDS,
  type DeadlineKind,
  Deadlines,
  type FleetCounts,
  IdentityTakenError,
  IdleTracker,
  INSTANCE_STATUSES,
  type InsertResult,
  type InstanceId,
  type InstanceRecord,
  InstanceRecords,
  type InstanceStatus,
  isLive,
  type LedgerEntry,
  type NewInstanceRecord,
  type NovitaInstanceId,
  type RecordPage,
  type StoredInstance,
  type TouchResult,
  type WriteBasis,
  type WriteOptions,
  type WriteResult,
} from '@app/instance-store';
import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';

const CONFIRM_PATIENCE_MS = 300_000;

/**
 * The ports that the life cycle uses, over a few records, with the rules of the ports and nothing else; locks they do not
 * know. Keeps every version, to be asked later.
 */
export class FakeStore {
  readonly table = new FakeTable();
  readonly records = new FakeRecords(this.table);
  readonly deadlines = new FakeDeadlines(this.table);
  readonly idle = new FakeIdleTracker(this.table);
  readonly audit = new FakeAuditLog();

  /** Every version of every record, in order. */
  get history(): readonly InstanceRecord[] {
    return this.table.history;
  }

  /** The record as it stands; throws when there is none. */
  now(id: InstanceId): InstanceRecord {
    return this.table.now(id);
  }

  /** Puts a record there as it is. */
  put(record: InstanceRecord): void {
    this.table.put(record);
  }
}

/** What the ports share. */
class FakeTable {
  readonly history: InstanceRecord[] = [];
  readonly records = new Map<InstanceId, InstanceRecord>();
  readonly lastUsed = new Map<InstanceId, Timestamp>();

  now(id: InstanceId): InstanceRecord {
    const record = this.records.get(id);
    if (record === undefined) throw new Error(`no record ${id}`);
    return record;
  }

  put(record: InstanceRecord): void {
    this.records.set(record.id, record);
    this.history.push(record);
  }

  find(id: InstanceId | NovitaInstanceId): InstanceRecord | undefined {
    return [...this.records.values()].find((record) => record.id === id || record.novitaInstanceId === id);
  }

  stored(record: InstanceRecord): StoredInstance {
    return { record, lastUsedAt: this.lastUsed.get(record.id) ?? null };
  }
}

class FakeRecords extends InstanceRecords {
  /** What each write said of itself. */
  readonly accounts: { readonly next: InstanceRecord; readonly options: WriteOptions }[] = [];
  override readonly insertMany = notExpected;
  override readonly restore = notExpected;
  override readonly getManyByMarker = notExpected;

  constructor(private readonly table: FakeTable) {
    super();
  }

  override insert(record: NewInstanceRecord): Promise<InsertResult> {
    const current = [...this.table.records.values()].find(
      ({ id, marker }) => id === record.id || marker === record.marker,
    );
    if (current !== undefined) return Promise.resolve({ outcome: 'exists', current: this.table.stored(current) });
    this.table.put({ ...record, revision: 1 });
    return Promise.resolve({ outcome: 'inserted', stored: this.table.stored(this.table.now(record.id)) });
  }

  override write(next: InstanceRecord, basis: WriteBasis, options: WriteOptions = {}): Promise<WriteResult> {
    const current = this.table.records.get(next.id);
    if (current === undefined) return Promise.resolve({ outcome: 'missing' });
    if (current.revision !== next.revision) {
      return Promise.resolve({ outcome: 'stale', current: this.table.stored(current) });
    }
    if (basis.kind === 'observation' && basis.observedAt < current.desired.at) {
      return Promise.resolve({ outcome: 'outdated-observation', current: this.table.stored(current) });
    }
    const claims = next.novitaInstanceId === current.novitaInstanceId ? null : next.novitaInstanceId;
    const holder = claims === null ? undefined : this.table.find(claims);
    if (holder !== undefined) return Promise.reject(new IdentityTakenError('novitaInstanceId', holder.id));
    this.table.put({ ...next, revision: next.revision + 1 });
    this.accounts.push({ next, options });
    return Promise.resolve({ outcome: 'written', stored: this.table.stored(this.table.now(next.id)) });
  }

  override remove(id: InstanceId, revision: number): Promise<'removed' | 'stale' | 'missing'> {
    const current = this.table.records.get(id);
    if (current === undefined) return Promise.resolve('missing');
    if (current.revision !== revision) return Promise.resolve('stale');
    this.table.records.delete(id);
    return Promise.resolve('removed');
  }

  override get(id: InstanceId | NovitaInstanceId): Promise<StoredInstance | null> {
    const record = this.table.find(id);
    return Promise.resolve(record === undefined ? null : this.table.stored(record));
  }

  override getMany(ids: readonly InstanceId[]): Promise<readonly StoredInstance[]> {
    return Promise.resolve(
      ids.flatMap((id) => this.table.records.get(id) ?? []).map((record) => this.table.stored(record)),
    );
  }

  override getManyByNovitaId(ids: readonly NovitaInstanceId[]): Promise<readonly StoredInstance[]> {
    return Promise.resolve(ids.flatMap((id) => this.table.find(id) ?? []).map((record) => this.table.stored(record)));
  }

  override findByName(name: string, limit: number): Promise<readonly StoredInstance[]> {
    const named = [...this.table.records.values()].filter((record) => record.name === name);
    return Promise.resolve(named.slice(0, limit).map((record) => this.table.stored(record)));
  }

  override findByMarker(marker: string): Promise<StoredInstance | null> {
    const record = [...this.table.records.values()].find((candidate) => candidate.marker === marker);
    return Promise.resolve(record === undefined ? null : this.table.stored(record));
  }

  override scan(cursor: string | null, limit: number, statuses?: readonly InstanceStatus[]): Promise<RecordPage> {
    const all = [...this.table.records.values()].filter(({ status }) => statuses?.includes(status) ?? true);
    const from = Number(cursor ?? 0);
    const instances = all.slice(from, from + limit).map((record) => this.table.stored(record));
    const nextCursor = from + limit < all.length ? String(from + limit) : null;
    return Promise.resolve({ instances, nextCursor });
  }

  override counts(): Promise<FleetCounts> {
    const byStatus = Object.fromEntries(INSTANCE_STATUSES.map((status) => [status, 0])) as Record<
      InstanceStatus,
      number
    >;
    for (const { status } of this.table.records.values()) byStatus[status] += 1;
    const discovered = [...this.table.records.values()].filter(({ origin }) => origin === 'discovered').length;
    return Promise.resolve({ total: this.table.records.size, byStatus, discovered });
  }
}

class FakeDeadlines extends Deadlines {
  /** What `announceUnconfirmed` was asked for, in order. */
  readonly toldUnconfirmed: (readonly InstanceId[])[] = [];

  constructor(private readonly table: FakeTable) {
    super();
  }

  override due(kind: DeadlineKind, now: Timestamp, limit: number, skip = 0): Promise<readonly InstanceId[]> {
    return Promise.resolve(this.allDue(kind, now).slice(skip, skip + limit));
  }

  override kindsDue(now: Timestamp): Promise<ReadonlySet<DeadlineKind>> {
    return Promise.resolve(new Set(DEADLINE_KINDS.filter((kind) => this.allDue(kind, now).length > 0)));
  }

  override dueCount(kind: DeadlineKind, now: Timestamp): Promise<number> {
    return Promise.resolve(this.allDue(kind, now).length);
  }

  override announceUnconfirmed(ids: readonly InstanceId[]): Promise<number> {
    this.toldUnconfirmed.push(ids);
    return Promise.resolve(ids.length);
  }

  private allDue(kind: DeadlineKind, now: Timestamp): InstanceId[] {
    return [...this.table.records.values()]
      .flatMap((record) => ({ id: record.id, at: dueAt(record, kind) }))
      .filter(({ at }) => at !== null && at <= now)
      .toSorted((a, b) => (a.at ?? '').localeCompare(b.at ?? ''))
      .map(({ id }) => id);
  }
}

class FakeIdleTracker extends IdleTracker {
  override readonly lastUsedBy = notExpected;
  override readonly claim = notExpected;
  override readonly warn = notExpected;
  override readonly reindex = notExpected;
  override readonly postpone = notExpected;

  constructor(private readonly table: FakeTable) {
    super();
  }

  override touch(id: InstanceId | NovitaInstanceId, at: Timestamp): Promise<TouchResult> {
    const record = this.table.find(id);
    if (record === undefined) return Promise.resolve({ outcome: 'missing' });
    const before = this.table.lastUsed.get(record.id);
    const moved = before === undefined || at > before;
    if (moved) this.table.lastUsed.set(record.id, at);
    return Promise.resolve({
      outcome: 'touched',
      id: record.id,
      lastUsedAt: moved ? at : before,
      moved,
      status: record.status,
    });
  }
}

class FakeAuditLog extends AuditLog {
  private readonly logs = new Map<InstanceId, LedgerEntry[]>();

  override entries(id: InstanceId, limit: number): Promise<readonly LedgerEntry[]> {
    return Promise.resolve((this.logs.get(id) ?? []).slice(0, limit));
  }

  override append(entries: readonly { readonly id: InstanceId; readonly entry: LedgerEntry }[]): Promise<void> {
    for (const { id, entry } of entries) this.logs.set(id, [entry, ...(this.logs.get(id) ?? [])]);
    return Promise.resolve();
  }
}

function dueAt(record: InstanceRecord, kind: DeadlineKind): Timestamp | null {
  switch (kind) {
    case 'autoStopAt':
      return null;
    case 'confirmBy': {
      const { status, desired, confirmedAt } = record;
      const isOpen = isLive(status) && desired.state !== 'running' && confirmedAt === null;
      return isOpen ? timestampFromMs(msFromTimestamp(desired.at) + CONFIRM_PATIENCE_MS) : null;
    }
    case 'startupBy':
    case 'nextReconcileAt':
    case 'purgeAt':
      return record.deadlines[kind] ?? null;
  }
}

function notExpected(): never {
  throw new Error('the life cycle is not expected to call this');
}
