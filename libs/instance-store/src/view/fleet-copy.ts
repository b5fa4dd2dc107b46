import { isDeepStrictEqual } from 'node:util';
import { Clock, delay, type Timestamp } from '@app/platform';
import { isAfter, STREAM_START, type StreamPosition, streamPosition } from '@app/redis';
import { LRUCache } from 'lru-cache';
import type { RecordRules } from '../plan/prepared-record.js';
import type { InstanceId } from '../record/identity.js';
import type { InstanceRecord, StoredInstance } from '../record/instance.js';
import { FleetIndex } from './fleet-index.js';

/** How long a read waits for changes that are known to exist, before it asks the store or says that it lags. */
const MAX_LAG_MS = 250;
/** So many removals are remembered, so that a record which was removed on purpose is not taken for lost. */
const MAX_REMOVALS = 10_000;
const REMOVALS_KEPT_MS = 48 * 3_600_000;

export const FEED_START: StreamPosition = streamPosition(STREAM_START) ?? [0, 0];

/** The fleet while it is being read, kept up to date by the feed meanwhile. */
export interface NextCopy {
  readonly index: FleetIndex;
  readonly removed: Set<InstanceId>;
  /** Instances whose stored records cannot be read. */
  readonly damaged: Set<InstanceId>;
}

interface Waiter {
  readonly position: StreamPosition;
  readonly resolve: () => void;
}

/** The records in memory, and the position up to which the change feed has been applied to them. No I/O. */
export class FleetCopy {
  private current: FleetIndex;
  private next: NextCopy | null = null;
  private position: StreamPosition = FEED_START;
  private positionAt: Timestamp;
  private waiters: Waiter[] = [];
  private readonly removals = new LRUCache<InstanceId, true>({ max: MAX_REMOVALS, ttl: REMOVALS_KEPT_MS });
  /** Records whose latest entries could not be read, each with the name of the latest question to the store. */
  private readonly unread = new Map<InstanceId, symbol>();
  /** The records that were given to `assume`. */
  private readonly wanted = new Map<InstanceId, InstanceRecord>();
  /** Whether the shown records were seeded, and never read from the store. */
  private isSeeded = false;
  /** Whether the shown records are those of before a loss of the store's data, which are still to be written back. */
  private frozen = false;
  /** The records that assumed ones replace; null where there was none. */
  private readonly assumed = new Map<InstanceId, InstanceRecord | null>();
  private damagedIds = new Set<InstanceId>();
  /** The latest uses that the store has named. Uses make no entry on the feed. */
  readonly uses = new Map<InstanceId, Timestamp>();
  /** Those whose uses moved since time passed last. */
  private used = new Set<InstanceId>();

  /** @param rules when instances count as idle and as waiting for the provider; default: as the settings do */
  constructor(
    private readonly clock: Clock,
    private readonly rules?: RecordRules,
  ) {
    this.current = this.newIndex();
    this.positionAt = clock.timestamp();
  }

  get index(): FleetIndex {
    return this.current;
  }

  get applied(): StreamPosition {
    return this.position;
  }

  /** When an entry was applied last. */
  get appliedAt(): Timestamp {
    return this.positionAt;
  }

  /** Whether records are shown that differ from those in the store. */
  get hasAssumed(): boolean {
    return this.assumed.size > 0;
  }

  isUnread(id: InstanceId): boolean {
    return this.unread.has(id);
  }

  /**
   * Whether it is another record of the same id and revision than the one that the store held last: one of them is of the
   * past. An assumed record that is shown in its place says nothing of the store.
   */
  contradicts(record: InstanceRecord): boolean {
    const { id, revision } = record;
    const held = this.assumed.has(id) ? (this.assumed.get(id) ?? null) : this.current.get(id);
    return held !== null && held.revision === revision && !isDeepStrictEqual(held, record);
  }

  /** Whether a later revision of it is known: the store has lost that one, or holds another record under the same id. */
  isAheadOf({ id, revision }: InstanceRecord): boolean {
    const held = this.assumed.has(id) ? (this.assumed.get(id) ?? null) : this.current.get(id);
    return held !== null && held.revision > revision;
  }

  apply(id: InstanceId, record: InstanceRecord | null): void {
    this.unread.delete(id);
    if (this.assumed.has(id) && !this.frozen) this.assumed.set(id, record);
    // Only the feed proves a removal: a record that is merely not in the store may be lost.
    if (record === null) this.removals.set(id, true);
    else this.removals.delete(id);
    this.replace(id, record);
    this.wake();
  }

  private replace(id: InstanceId, record: InstanceRecord | null): void {
    for (const index of this.indexes()) {
      if (record === null) index.remove(id);
      else index.put(record);
    }
    this.damagedIds.delete(id);
    this.next?.damaged.delete(id);
    if (record === null && !this.frozen) {
      this.uses.delete(id);
      this.used.delete(id);
    }
    if (record === null) this.next?.removed.add(id);
    else this.next?.removed.delete(id);
  }

  /** The indexes that changes go into. Seeded records have other ids, and end with the first load. */
  private indexes(): readonly FleetIndex[] {
    const shown = this.isSeeded || this.frozen ? [] : [this.current];
    return this.next === null ? shown : [...shown, this.next.index];
  }

  /**
   * The store has lost data. The shown records stay as they are until another copy is shown: what happens in the store
   * meanwhile, such as second records that a sync makes of the same instances, is no change of theirs.
   */
  freeze(): void {
    this.frozen = true;
  }

  get isFrozen(): boolean {
    return this.frozen;
  }

  /** What was lost is written back. */
  unfreeze(): void {
    this.frozen = false;
  }

  assume(record: InstanceRecord): void {
    this.wanted.set(record.id, record);
    this.showInPlace(record);
  }

  private showInPlace(record: InstanceRecord): void {
    if (!this.assumed.has(record.id)) this.assumed.set(record.id, this.current.get(record.id));
    this.current.put(record);
  }

  /** Shows only these records; an assumed desired state stays until the records agree with it. */
  seed(records: readonly InstanceRecord[]): void {
    this.current = this.newIndex();
    this.isSeeded = true;
    this.assumed.clear();
    for (const record of records) this.showInPlace(this.asWanted(record));
    // Nothing is known of an assumed record that is not among them, and it was to be stopped or deleted.
    for (const record of this.wanted.values()) if (this.current.get(record.id) === null) this.showInPlace(record);
  }

  private asWanted(record: InstanceRecord): InstanceRecord {
    const wanted = this.wanted.get(record.id);
    if (wanted === undefined) return record;
    if (record.desired.state === wanted.desired.state) {
      this.wanted.delete(record.id);
      return record;
    }
    return { ...record, desired: wanted.desired, status: wanted.status, confirmedAt: wanted.confirmedAt };
  }

  /** @returns a name of the question, so that an answer which comes after a later entry is dropped */
  beginRefetch(id: InstanceId): symbol {
    const question = Symbol(id);
    this.unread.set(id, question);
    return question;
  }

  isAsked(id: InstanceId, question: symbol): boolean {
    return this.unread.get(id) === question;
  }

  endRefetch(id: InstanceId, question: symbol, stored: StoredInstance | null): void {
    if (!this.isAsked(id, question)) return;
    this.unread.delete(id);
    if (stored !== null && (this.contradicts(stored.record) || this.isAheadOf(stored.record))) this.replace(id, null);
    this.replace(id, stored?.record ?? null);
    this.wake();
  }

  /** The answer to the question is that the stored record cannot be read. */
  endRefetchDamaged(id: InstanceId, question: symbol): void {
    if (!this.isAsked(id, question)) return;
    this.unread.delete(id);
    this.replace(id, null);
    this.damagedIds.add(id);
    this.next?.damaged.add(id);
    this.wake();
  }

  /** The instances that are not shown because their stored records cannot be read. */
  get damaged(): ReadonlySet<InstanceId> {
    return this.damagedIds;
  }

  reach(entryId: string): void {
    this.position = streamPosition(entryId) ?? this.position;
    this.positionAt = this.clock.timestamp();
    this.wake();
  }

  /** For a new feed, in which positions begin anew; its listener learns where it goes on. */
  forgetPosition(): void {
    this.position = FEED_START;
  }

  /** @returns false when it takes too long */
  async reaches(position: StreamPosition): Promise<boolean> {
    if (this.has(position)) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { position, resolve };
    this.waiters.push(waiter);
    const patience = new AbortController();
    const inTime = await Promise.race([promise.then(() => true), delay(MAX_LAG_MS, patience.signal).then(() => false)]);
    patience.abort();
    if (!inTime) this.waiters = this.waiters.filter((one) => one !== waiter);
    return inTime;
  }

  /** Begins another copy beside the one that is shown. */
  begin(): NextCopy {
    this.next = { index: this.newIndex(), removed: new Set(), damaged: new Set() };
    return this.next;
  }

  /** @returns false when another one was begun since */
  fill(next: NextCopy, page: readonly StoredInstance[]): boolean {
    if (next !== this.next) return false;
    for (const { record, lastUsedAt } of page) {
      // The feed may have brought a removal while the page was on its way.
      if (next.removed.has(record.id)) continue;
      next.index.put(record);
      if (lastUsedAt !== null) this.noteUse(record.id, lastUsedAt);
    }
    return true;
  }

  /** Shows that copy from now on. */
  show(next: NextCopy): void {
    if (next !== this.next) return;
    for (const id of this.uses.keys()) if (next.index.get(id) === null) this.uses.delete(id);
    this.current = next.index;
    this.damagedIds = next.damaged;
    this.next = null;
    this.isSeeded = false;
    this.frozen = false;
    this.wanted.clear();
    this.assumed.clear();
  }

  /** Uses only move forward, in whatever order answers come in. */
  noteUse(id: InstanceId, at: Timestamp): void {
    const before = this.uses.get(id);
    if (before !== undefined && before >= at) return;
    this.uses.set(id, at);
    this.used.add(id);
  }

  /** What goes by idleness, attention or cost is as of this time, and of the uses that are known, until the next call. */
  passTime(nowMs: number): void {
    const { used } = this;
    this.used = new Set();
    this.current.passTime(nowMs, used);
  }

  wasRemoved(id: InstanceId): boolean {
    return this.removals.has(id);
  }

  removedIds(): InstanceId[] {
    return [...this.removals.keys()];
  }

  /** Every record as the store held it last, without assumed states. */
  *confirmed(): Generator<StoredInstance> {
    for (const shown of this.current.records()) {
      const assumedOver = this.assumed.get(shown.id);
      const record = assumedOver === undefined ? shown : assumedOver;
      if (record !== null) yield { record, lastUsedAt: this.uses.get(record.id) ?? null };
    }
  }

  private newIndex(): FleetIndex {
    return new FleetIndex(this.rules, this.uses);
  }

  private has(position: StreamPosition): boolean {
    return this.unread.size === 0 && !isAfter(position, this.position);
  }

  private wake(): void {
    if (this.waiters.length === 0) return;
    const waiting: Waiter[] = [];
    for (const waiter of this.waiters) {
      if (this.has(waiter.position)) waiter.resolve();
      else waiting.push(waiter);
    }
    this.waiters = waiting;
  }
}
