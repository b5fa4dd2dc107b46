import {
  DEADLINE_KINDS,
  type DeadlineKind,
  type FleetCounts,
  IdentityTakenError,
  type IdleClaimResult,
  type ImportedInstance,
  INSTANCE_STATUSES,
  type InsertResult,
  type InstanceId,
  type InstanceRecord,
  type InstanceSpend,
  type InstanceStatus,
  InstanceStore,
  isLive,
  type LedgerEntry,
  type NewInstanceRecord,
  type NovitaInstanceId,
  type PictureNote,
  type RecordPage,
  type SpendReading,
  type StoredInstance,
  type TouchResult,
  type WriteBasis,
  type WriteOptions,
  type WriteResult,
} from '@app/instance-store';
import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';

const CONFIRM_PATIENCE_MS = 300_000;

/**
 * A store of a few records, with the rules of the port and nothing else; locks it does not know. Keeps every version, to
 * be asked later.
 */
export class FakeStore extends InstanceStore {
  readonly history: InstanceRecord[] = [];
  /** What each write said of itself. */
  readonly accounts: { readonly next: InstanceRecord; readonly options: WriteOptions }[] = [];
  /** What `announceUnconfirmed` was asked for, in order. */
  readonly toldUnconfirmed: (readonly InstanceId[])[] = [];
  private readonly records = new Map<InstanceId, InstanceRecord>();
  private readonly lastUsed = new Map<InstanceId, Timestamp>();
  /** What was entered by hand. */
  private readonly ledgers = new Map<InstanceId, LedgerEntry[]>();
  /** Of the present version of a record; absent when it is unknown. */
  private readonly pictureOf = new Map<InstanceId, string>();

  /** The record as it stands; throws when there is none. */
  now(id: InstanceId): InstanceRecord {
    const record = this.records.get(id);
    if (record === undefined) throw new Error(`no record ${id}`);
    return record;
  }

  /** Puts a record there as it is. */
  put(record: InstanceRecord): void {
    this.records.set(record.id, record);
    this.pictureOf.delete(record.id);
    this.history.push(record);
  }

  override insert(record: NewInstanceRecord): Promise<InsertResult> {
    const current = [...this.records.values()].find(({ id, marker }) => id === record.id || marker === record.marker);
    if (current !== undefined) return Promise.resolve({ outcome: 'exists', current: this.stored(current) });
    this.put({ ...record, revision: 1 });
    return Promise.resolve({ outcome: 'inserted', stored: this.stored(this.now(record.id)) });
  }

  override write(next: InstanceRecord, basis: WriteBasis, options: WriteOptions = {}): Promise<WriteResult> {
    const current = this.records.get(next.id);
    if (current === undefined) return Promise.resolve({ outcome: 'missing' });
    if (current.revision !== next.revision) {
      return Promise.resolve({ outcome: 'stale', current: this.stored(current) });
    }
    if (basis.kind === 'observation' && basis.observedAt < current.desired.at) {
      return Promise.resolve({ outcome: 'outdated-observation', current: this.stored(current) });
    }
    const claims = next.novitaInstanceId === current.novitaInstanceId ? null : next.novitaInstanceId;
    const holder = claims === null ? undefined : this.find(claims);
    if (holder !== undefined) return Promise.reject(new IdentityTakenError('novitaInstanceId', holder.id));
    this.put({ ...next, revision: next.revision + 1 });
    this.accounts.push({ next, options });
    if (options.picture !== undefined) this.pictureOf.set(next.id, options.picture);
    return Promise.resolve({ outcome: 'written', stored: this.stored(this.now(next.id)) });
  }

  override remove(id: InstanceId, revision: number): Promise<'removed' | 'stale' | 'missing'> {
    const current = this.records.get(id);
    if (current === undefined) return Promise.resolve('missing');
    if (current.revision !== revision) return Promise.resolve('stale');
    this.records.delete(id);
    return Promise.resolve('removed');
  }

  override async insertMany(instances: readonly ImportedInstance[]): Promise<readonly boolean[]> {
    const inserted: boolean[] = [];
    for (const { record, picture } of instances) {
      const { outcome } = await this.insert(record);
      if (outcome === 'inserted') this.pictureOf.set(record.id, picture);
      inserted.push(outcome === 'inserted');
    }
    return inserted;
  }

  override async restore(): Promise<number> {
    throw new Error('not faked: restore');
  }

  override notePictures(notes: readonly PictureNote[]): Promise<void> {
    for (const { id, revision, picture } of notes) {
      if (this.records.get(id)?.revision === revision) this.pictureOf.set(id, picture);
    }
    return Promise.resolve();
  }

  override pictures(novitaIds: readonly NovitaInstanceId[]): Promise<readonly (string | null)[]> {
    return Promise.resolve(
      novitaIds.map((novitaId) => {
        const record = this.pictured().find(({ novitaInstanceId }) => novitaInstanceId === novitaId);
        return record === undefined ? null : (this.pictureOf.get(record.id) ?? '');
      }),
    );
  }

  override pictureCount(): Promise<number> {
    return Promise.resolve(this.pictured().length);
  }

  override async *scanNovitaIds(): AsyncGenerator<readonly NovitaInstanceId[], void, undefined> {
    yield this.pictured().flatMap(({ novitaInstanceId }) => novitaInstanceId ?? []);
  }

  override get(id: InstanceId | NovitaInstanceId): Promise<StoredInstance | null> {
    const record = this.find(id);
    return Promise.resolve(record === undefined ? null : this.stored(record));
  }

  override getMany(ids: readonly InstanceId[]): Promise<readonly StoredInstance[]> {
    return Promise.resolve(ids.flatMap((id) => this.records.get(id) ?? []).map((record) => this.stored(record)));
  }

  override getManyByNovitaId(ids: readonly NovitaInstanceId[]): Promise<readonly StoredInstance[]> {
    return Promise.resolve(ids.flatMap((id) => this.find(id) ?? []).map((record) => this.stored(record)));
  }

  override getManyByMarker(markers: readonly string[]): Promise<readonly StoredInstance[]> {
    const records = [...this.records.values()];
    const found = markers.flatMap(
      (marker) => records.find((record) => marker !== '' && record.marker === marker) ?? [],
    );
    return Promise.resolve(found.map((record) => this.stored(record)));
  }

  override findByName(name: string, limit: number): Promise<readonly StoredInstance[]> {
    const named = [...this.records.values()].filter((record) => record.name === name);
    return Promise.resolve(named.slice(0, limit).map((record) => this.stored(record)));
  }

  override findByMarker(marker: string): Promise<StoredInstance | null> {
    const record = [...this.records.values()].find((candidate) => candidate.marker === marker);
    return Promise.resolve(record === undefined ? null : this.stored(record));
  }

  override scan(cursor: string | null, limit: number, statuses?: readonly InstanceStatus[]): Promise<RecordPage> {
    const all = [...this.records.values()].filter(({ status }) => statuses?.includes(status) ?? true);
    const from = Number(cursor ?? 0);
    const instances = all.slice(from, from + limit).map((record) => this.stored(record));
    const nextCursor = from + limit < all.length ? String(from + limit) : null;
    return Promise.resolve({ instances, nextCursor });
  }

  override counts(): Promise<FleetCounts> {
    const byStatus = Object.fromEntries(INSTANCE_STATUSES.map((status) => [status, 0])) as Record<
      InstanceStatus,
      number
    >;
    for (const { status } of this.records.values()) byStatus[status] += 1;
    const discovered = [...this.records.values()].filter(({ origin }) => origin === 'discovered').length;
    return Promise.resolve({ total: this.records.size, byStatus, discovered });
  }

  override touch(id: InstanceId | NovitaInstanceId, at: Timestamp): Promise<TouchResult> {
    const record = this.find(id);
    if (record === undefined) return Promise.resolve({ outcome: 'missing' });
    const before = this.lastUsed.get(record.id);
    const moved = before === undefined || at > before;
    if (moved) this.lastUsed.set(record.id, at);
    return Promise.resolve({
      outcome: 'touched',
      id: record.id,
      lastUsedAt: moved ? at : before,
      moved,
      status: record.status,
    });
  }

  override lastUsedBy(): Promise<string | null> {
    return Promise.resolve(null);
  }

  override claimIdle(): Promise<IdleClaimResult> {
    throw notFaked('claimIdle');
  }

  override warnIdle(): Promise<'warned'> {
    throw notFaked('warnIdle');
  }

  override reindexIdle(): Promise<void> {
    throw notFaked('reindexIdle');
  }

  override putOffIdle(): Promise<void> {
    throw notFaked('putOffIdle');
  }

  override ledger(id: InstanceId, limit: number): Promise<readonly LedgerEntry[]> {
    return Promise.resolve((this.ledgers.get(id) ?? []).slice(0, limit));
  }

  override enterInLedger(entries: readonly { readonly id: InstanceId; readonly entry: LedgerEntry }[]): Promise<void> {
    for (const { id, entry } of entries) this.ledgers.set(id, [entry, ...(this.ledgers.get(id) ?? [])]);
    return Promise.resolve();
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
    return [...this.records.values()]
      .flatMap((record) => ({ id: record.id, at: dueAt(record, kind) }))
      .filter(({ at }) => at !== null && at <= now)
      .toSorted((a, b) => (a.at ?? '').localeCompare(b.at ?? ''))
      .map(({ id }) => id);
  }

  override spend(): Promise<SpendReading> {
    throw notFaked('spend');
  }

  override spendByInstance(): Promise<readonly InstanceSpend[]> {
    throw notFaked('spendByInstance');
  }

  override bookSpend(): Promise<void> {
    throw notFaked('bookSpend');
  }

  override announceOnce(): Promise<boolean> {
    throw notFaked('announceOnce');
  }

  private pictured(): InstanceRecord[] {
    return [...this.records.values()].filter(
      ({ novitaInstanceId, status }) => novitaInstanceId !== null && isLive(status),
    );
  }

  private find(id: InstanceId | NovitaInstanceId): InstanceRecord | undefined {
    return [...this.records.values()].find((record) => record.id === id || record.novitaInstanceId === id);
  }

  private stored(record: InstanceRecord): StoredInstance {
    return { record, lastUsedAt: this.lastUsed.get(record.id) ?? null };
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

function notFaked(method: string): Error {
  return new Error(`InstanceStore.${method} is not expected to be called by the life cycle`);
}
