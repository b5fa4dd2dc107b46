import { MINUTE_MS, msFromTimestamp, parseJson, type Timestamp } from '@app/platform';
import { LRUCache } from 'lru-cache';
import { DEFAULT_IDLE_RULES } from '../plan/idle-clock.js';
import { type IdleReason, idleReason } from '../plan/idle-reason.js';
import { DEFAULT_CONFIRM_PATIENCE_MS, type RecordRules } from '../plan/prepared-record.js';
import { type FleetCounts, fleetCounts } from '../ports/instance-records.port.js';
import { InvalidCursorError } from '../ports/store-errors.js';
import { type InstanceId, isInstanceId, type NovitaInstanceId } from '../record/identity.js';
import type { InstanceRecord } from '../record/instance.js';
import type { InstanceStatus } from '../record/instance-status.js';
import { type FleetSummary, FleetSums } from './fleet-figures.js';
import {
  entryOf,
  type FleetEntry,
  idleKey,
  matcherOf,
  type Place,
  Selection,
  type SelectionBasis,
} from './fleet-selection.js';
import {
  FLEET_SORT_KEYS,
  type FleetFilter,
  type FleetQuery,
  type FleetSortKey,
  LONGEST_PAGE,
  sortKeyOf,
} from './fleet-view.js';
import { SharedParts } from './shared-parts.js';

/** Filters and orders that are kept sorted; the least used one is dropped, and made again when it is asked for. */
const MAX_SELECTIONS = 24;
const MAX_SUMMARIES = 24;
const TEXT_KEYS: ReadonlySet<FleetSortKey> = new Set([
  'name',
  'region',
  'owner',
  'product',
  'image',
  'billing',
  'origin',
]);

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
  private readonly summaries = new LRUCache<string, { readonly version: number; readonly summary: FleetSummary }>({
    max: MAX_SUMMARIES,
  });
  /** Up to when idle times are counted, in epoch milliseconds; and what the latest uses were. */
  private idleNowMs = 0;
  private uses: ReadonlyMap<InstanceId, Timestamp> = new Map();
  /** What filters by time go by. */
  private nowMs = 0;
  /** Changes with whatever a summary rests on. */
  private version = 0;

  constructor(private readonly rules: RecordRules = DEFAULT_RULES) {}

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

  /** Orders and filters by idleness use these latest uses and this time until the next call; so do all others by time. */
  sortIdle(uses: ReadonlyMap<InstanceId, Timestamp>, nowMs: number): void {
    this.dropSelections(({ goesByIdleness, goesByTime }) => goesByIdleness || goesByTime);
    this.idleNowMs = nowMs;
    this.nowMs = nowMs;
    this.uses = uses;
    for (const entry of this.entries.values()) {
      if (entry.idleBaseMs === null) continue;
      const use = uses.get(entry.record.id);
      entry.keys.idle = idleKey(Math.max(entry.idleBaseMs, use === undefined ? 0 : msFromTimestamp(use)));
      entry.idleReason = this.idleReasonOf(entry.record);
    }
  }

  /** Orders and filters by time, but not by idleness, use this time until the next call. */
  passTime(nowMs: number): void {
    this.dropSelections(({ goesByTime }) => goesByTime);
    this.nowMs = nowMs;
  }

  private dropSelections(isOver: (selection: Selection) => boolean): void {
    this.version += 1;
    for (const name of Array.from(this.selections.keys())) {
      const selection = this.selections.peek(name);
      if (selection !== undefined && isOver(selection)) this.selections.delete(name);
    }
  }

  private idleReasonOf(record: InstanceRecord): IdleReason | null {
    return idleReason({ record, lastUsedAt: this.uses.get(record.id) ?? null }, this.rules.rules, this.idleNowMs);
  }

  /** Adds or replaces a record, unless the index has this revision or a later one. */
  put(record: InstanceRecord): void {
    const before = this.entries.get(record.id);
    if (before !== undefined && before.record.revision >= record.revision) return;
    const entry = entryOf(this.parts.compact(record), this.parts, this.rules.rules);
    entry.idleReason = entry.idleBaseMs === null ? null : this.idleReasonOf(record);
    this.entries.set(record.id, entry);
    if (before !== undefined) {
      this.forgetNovitaId(before.record);
      this.count(before.record, -1);
      // The latest known use still counts.
      const known = before.keys.idle;
      if (entry.idleBaseMs !== null && known >= 0) entry.keys.idle = Math.min(entry.keys.idle, known);
    }
    this.count(record, 1);
    if (record.novitaInstanceId !== null) this.byNovitaId.set(record.novitaInstanceId, record.id);
    this.changeSelections(before, entry);
  }

  remove(id: InstanceId): void {
    const before = this.entries.get(id);
    if (before === undefined) return;
    this.entries.delete(id);
    this.forgetNovitaId(before.record);
    this.count(before.record, -1);
    this.changeSelections(before, undefined);
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

  /** In the order of their ids, as of the latest `sortIdle` or `passTime`. */
  matching(filter: FleetFilter): InstanceRecord[] {
    const matches = matcherOf(filter, this.basis(0));
    const records: InstanceRecord[] = [];
    for (const entry of this.entries.values()) if (matches(entry)) records.push(entry.record);
    return records.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** What the instances that match add up to, as of the latest `sortIdle` or `passTime`. */
  summary(filter: FleetFilter): FleetSummary {
    const name = nameOf(filter);
    const known = this.summaries.get(name);
    if (known?.version === this.version) return known.summary;
    const matches = matcherOf(filter, this.basis(0));
    const sums = new FleetSums(this.basis(0));
    for (const entry of this.entries.values()) if (matches(entry)) sums.add(entry);
    const summary = sums.summary();
    this.summaries.set(name, { version: this.version, summary });
    return summary;
  }

  private get minuteMs(): number {
    return Math.floor(this.nowMs / MINUTE_MS) * MINUTE_MS;
  }

  private basis(costNowMs: number): SelectionBasis {
    const { nowMs, idleNowMs } = this;
    return { nowMs, idleNowMs, costNowMs, confirmPatienceMs: this.rules.confirmPatienceMs };
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

  private changeSelections(before: FleetEntry | undefined, after: FleetEntry | undefined): void {
    this.version += 1;
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
