import { MINUTE_MS, msFromTimestamp, parseJson, type Timestamp } from '@app/platform';
import { LRUCache } from 'lru-cache';
import { DEFAULT_IDLE_RULES } from '../plan/idle-clock.js';
import { idleReason, idleReasonChangesAt } from '../plan/idle-reason.js';
import { DEFAULT_CONFIRM_PATIENCE_MS, type RecordRules } from '../plan/prepared-record.js';
import { type FleetCounts, fleetCounts } from '../ports/instance-records.port.js';
import { InvalidCursorError } from '../ports/store-errors.js';
import { type InstanceId, isInstanceId, type NovitaInstanceId } from '../record/identity.js';
import type { InstanceRecord } from '../record/instance.js';
import { INSTANCE_STATUSES, type InstanceStatus, isLive } from '../record/instance-status.js';
import { ChangeTimes } from './change-times.js';
import { type AttentionRules, attentionChangesAt, attentionOf, type FleetSummary } from './fleet-figures.js';
import { entryOf, type FleetEntry, matcherOf, type Place, Selection, type SelectionBasis } from './fleet-selection.js';
import {
  FLEET_SORT_KEYS,
  type FleetFilter,
  type FleetQuery,
  type FleetSortKey,
  LONGEST_PAGE,
  sortKeyOf,
} from './fleet-view.js';
import { RunningSums } from './running-sums.js';
import { SharedParts } from './shared-parts.js';

/** Filters and orders that are kept sorted; the least used one is dropped, and made again when it is asked for. */
const MAX_SELECTIONS = 24;
const TEXT_KEYS: ReadonlySet<FleetSortKey> = new Set([
  'name',
  'region',
  'owner',
  'product',
  'image',
  'billing',
  'origin',
]);

const LIVE = INSTANCE_STATUSES.filter(isLive);

const DEFAULT_RULES: RecordRules = { rules: DEFAULT_IDLE_RULES, confirmPatienceMs: DEFAULT_CONFIRM_PATIENCE_MS };

export interface IndexPage {
  readonly records: readonly InstanceRecord[];
  readonly total: number;
  readonly nextCursor: string | null;
}

/** The records of the fleet in memory, by either id and in any order. No I/O. */
export class FleetIndex {
  private readonly entries = new Map<InstanceId, FleetEntry>();
  private readonly byNovitaId = new Map<NovitaInstanceId, InstanceId>();
  private readonly selections = new LRUCache<string, Selection>({ max: MAX_SELECTIONS });
  private readonly parts = new SharedParts();
  private readonly byStatus = new Map<InstanceStatus, number>();
  private discovered = 0;
  private readonly sums = new RunningSums();
  private readonly changeTimes = new ChangeTimes<FleetEntry>();
  /** Up to when idleness and attention are counted, in epoch milliseconds; 0 before time has passed for the first time. */
  private nowMs = 0;

  /** @param uses the latest uses; `passTime` looks at those that it is given the ids of */
  constructor(
    private readonly rules: RecordRules = DEFAULT_RULES,
    private readonly uses: ReadonlyMap<InstanceId, Timestamp> = new Map(),
  ) {}

  get size(): number {
    return this.entries.size;
  }

  get(ref: InstanceId | NovitaInstanceId): InstanceRecord | null {
    const id = isInstanceId(ref) ? ref : this.byNovitaId.get(ref);
    return id === undefined ? null : (this.entries.get(id)?.record ?? null);
  }

  *records(): Generator<InstanceRecord> {
    for (const { record } of this.entries.values()) yield record;
  }

  ids(): InstanceId[] {
    return [...this.entries.keys()];
  }

  counts(): FleetCounts {
    return fleetCounts((status) => this.byStatus.get(status) ?? 0, this.discovered);
  }

  /** The instances that can be idle. */
  readyIds(): InstanceId[] {
    const ids: InstanceId[] = [];
    for (const { record, idleBaseMs } of this.entries.values()) if (idleBaseMs !== null) ids.push(record.id);
    return ids;
  }

  /**
   * Orders, filters and sums by idleness or attention are as of this time until the next call. Costs as much as has changed
   * since the one before; the first one goes through the fleet.
   * @param used the instances whose latest uses are other ones than at the call before
   */
  passTime(nowMs: number, used: Iterable<InstanceId>): void {
    const isFirst = this.nowMs === 0 || nowMs < this.nowMs;
    this.nowMs = nowMs;
    this.sums.dropByTime();
    if (isFirst) {
      // No sum rests on the time yet, or on one that lies ahead.
      this.sums.clear();
      this.changeTimes.clear();
      this.changeTimes.take(nowMs);
      for (const entry of this.entries.values()) this.assess(entry);
      this.dropSelections(({ goesByState, goesByTime }) => goesByState || goesByTime);
      return;
    }
    const changed = new Set(this.changeTimes.take(nowMs));
    for (const id of used) {
      const entry = this.entries.get(id);
      if (entry !== undefined && entry.idleBaseMs !== null) changed.add(entry);
    }
    for (const entry of changed) {
      this.sums.remove(entry);
      this.assess(entry);
      this.sums.add(entry);
    }
    this.dropSelections(({ goesByState, goesByTime }) => goesByTime || (goesByState && changed.size > 0));
  }

  /** What an entry counts as at present, and when that changes. */
  private assess(entry: FleetEntry): void {
    const { record, idleBaseMs } = entry;
    const rules: AttentionRules = { nowMs: this.nowMs, confirmPatienceMs: this.rules.confirmPatienceMs };
    entry.attention = attentionOf(record, rules);
    let changesAt = attentionChangesAt(record, rules);
    if (idleBaseMs !== null) {
      const lastUsedAt = this.uses.get(record.id) ?? null;
      const stored = { record, lastUsedAt };
      entry.idleSinceMs = lastUsedAt === null ? idleBaseMs : Math.max(idleBaseMs, msFromTimestamp(lastUsedAt));
      entry.idleReason = idleReason(stored, this.rules.rules, this.nowMs);
      const idleChangesAt = idleReasonChangesAt(stored, this.rules.rules, this.nowMs);
      if (idleChangesAt !== null) changesAt = Math.min(changesAt ?? idleChangesAt, idleChangesAt);
    }
    this.changeTimes.set(entry, changesAt);
  }

  private dropSelections(isOver: (selection: Selection) => boolean): void {
    for (const name of Array.from(this.selections.keys())) {
      const selection = this.selections.peek(name);
      if (selection !== undefined && isOver(selection)) this.selections.delete(name);
    }
  }

  /** Adds or replaces a record, unless the index has this revision or a later one. */
  put(record: InstanceRecord): void {
    const before = this.entries.get(record.id);
    if (before !== undefined && before.record.revision >= record.revision) return;
    const entry = entryOf(this.parts.compact(record), this.parts, this.rules.rules);
    this.entries.set(record.id, entry);
    if (before !== undefined) this.forget(before);
    // Before time has passed, everything is assessed when it does.
    if (this.nowMs > 0) this.assess(entry);
    this.count(record, 1);
    if (record.novitaInstanceId !== null) this.byNovitaId.set(record.novitaInstanceId, record.id);
    this.change(before, entry);
  }

  remove(id: InstanceId): void {
    const before = this.entries.get(id);
    if (before === undefined) return;
    this.entries.delete(id);
    this.forget(before);
    this.change(before, undefined);
  }

  private forget(entry: FleetEntry): void {
    this.forgetNovitaId(entry.record);
    this.count(entry.record, -1);
    this.changeTimes.delete(entry);
  }

  private count({ status, origin }: InstanceRecord, by: 1 | -1): void {
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + by);
    if (origin === 'discovered') this.discovered += by;
  }

  /** @throws InvalidCursorError, RangeError */
  page(query: FleetQuery): IndexPage {
    const { limit, sort, cursor, ...filter } = query;
    if (!Number.isInteger(limit) || limit < 1 || limit > LONGEST_PAGE) {
      throw new RangeError(`a page has 1 to ${LONGEST_PAGE} instances, not ${limit}`);
    }
    const isDescending = sort.startsWith('-');
    const key = sortKeyOf(sort);
    const after = cursor === undefined ? null : decodeCursor(sort, cursor);
    // A cost grows while pages are turned: all of them are of the minute of the first one.
    const costNowMs = key === 'cost' ? (after?.costNowMs ?? this.minuteMs) : null;
    const selection = this.selection(key, filter, costNowMs);
    const sorted = selection.sorted();
    const from = after === null ? 0 : selection.placesUpTo(after.place, isDescending);
    const records: InstanceRecord[] = [];
    let last: FleetEntry | undefined;
    for (let place = from; place < sorted.length && records.length < limit; place++) {
      last = sorted[isDescending ? sorted.length - 1 - place : place];
      if (last !== undefined) records.push(last.record);
    }
    const hasMore = from + records.length < sorted.length;
    const nextCursor = hasMore && last !== undefined ? encodeCursor(sort, selection.placeOf(last), costNowMs) : null;
    return { records, total: sorted.length, nextCursor };
  }

  /** In the order of their ids, as of the latest `passTime`. */
  matching(filter: FleetFilter): InstanceRecord[] {
    const matches = matcherOf(filter, this.basis(0));
    const records: InstanceRecord[] = [];
    for (const entry of this.entries.values()) if (matches(entry)) records.push(entry.record);
    return records.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Kept as a list is, so that it costs as much as the owner has. */
  liveOf(owner: string): InstanceRecord[] {
    const filter: FleetFilter = { owners: [owner], statuses: LIVE };
    return this.selection('createdAt', filter, null)
      .sorted()
      .map(({ record }) => record);
  }

  /** What the instances that match add up to, as of the latest `passTime`. */
  summary(filter: FleetFilter): FleetSummary {
    return this.sums.summary(nameOf(filter), filter, this.basis(0), this.entries);
  }

  private get minuteMs(): number {
    return Math.floor(this.nowMs / MINUTE_MS) * MINUTE_MS;
  }

  private basis(costNowMs: number): SelectionBasis {
    return { idleNowMs: this.nowMs, costNowMs };
  }

  private selection(key: FleetSortKey, filter: FleetFilter, costNowMs: number | null): Selection {
    const name = `${key} ${costNowMs} ${nameOf(filter)}`;
    let selection = this.selections.get(name);
    if (selection === undefined) {
      selection = new Selection(key, filter, this.basis(costNowMs ?? 0), this.entries.values());
      this.selections.set(name, selection);
    }
    return selection;
  }

  private change(before: FleetEntry | undefined, after: FleetEntry | undefined): void {
    if (before !== undefined) this.sums.remove(before);
    if (after !== undefined) this.sums.add(after);
    for (const selection of this.selections.values()) selection.change(before, after);
  }

  private forgetNovitaId({ id, novitaInstanceId }: InstanceRecord): void {
    // The id may belong to a later record already.
    if (novitaInstanceId !== null && this.byNovitaId.get(novitaInstanceId) === id)
      this.byNovitaId.delete(novitaInstanceId);
  }
}

function nameOf(filter: FleetFilter): string {
  return JSON.stringify(Object.entries(filter).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function encodeCursor(sort: string, place: Place, costNowMs: number | null): string {
  const content = costNowMs === null ? [sort, ...place] : [sort, ...place, costNowMs];
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

function decodeCursor(sort: string, cursor: string): { readonly place: Place; readonly costNowMs: number } {
  const content = parseJson(Buffer.from(cursor, 'base64url').toString());
  const key = FLEET_SORT_KEYS.find((known) => sort === known || sort === `-${known}`);
  const members = key === 'cost' ? 4 : 3;
  if (!Array.isArray(content) || content.length !== members) throw new InvalidCursorError('not a cursor');
  const [madeFor, value, id, costNowMs = 0] = content as [unknown, unknown, unknown, unknown];
  if (madeFor !== sort) throw new InvalidCursorError(`the cursor was not made for sort=${sort}`);
  const isText = key !== undefined && TEXT_KEYS.has(key);
  if (typeof id !== 'string' || !isInstanceId(id)) throw new InvalidCursorError('not a cursor');
  if (isText ? typeof value !== 'string' : !Number.isFinite(value)) throw new InvalidCursorError('not a cursor');
  if (typeof costNowMs !== 'number' || !Number.isSafeInteger(costNowMs)) throw new InvalidCursorError('not a cursor');
  return { place: [value as string | number, id], costNowMs };
}
