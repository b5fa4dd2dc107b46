import { msFromTimestamp, parseJson, type Timestamp } from '@app/platform';
import { LRUCache } from 'lru-cache';
import { type FleetCounts, fleetCounts } from '../ports/instance-records.port.js';
import { InvalidCursorError } from '../ports/store-errors.js';
import { type InstanceId, isInstanceId, type NovitaInstanceId } from '../record/identity.js';
import type { InstanceRecord } from '../record/instance.js';
import type { InstanceStatus } from '../record/instance-status.js';
import { entryOf, type FleetEntry, idleKey, type Place, placesUpTo, Selection } from './fleet-selection.js';
import { FLEET_SORT_KEYS, type FleetFilter, type FleetQuery, type FleetSortKey, LONGEST_PAGE } from './fleet-view.js';
import { SharedParts } from './shared-parts.js';

/** Filters and orders that are kept sorted; the least used one is dropped, and made again when it is asked for. */
const MAX_SELECTIONS = 24;
const TEXT_KEYS: ReadonlySet<FleetSortKey> = new Set(['name', 'region']);

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
  /** Up to when idle times are counted, in epoch milliseconds. */
  private idleNowMs = 0;

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

  /** Orders and filters by idleness use these latest uses and this time until the next call. */
  sortIdle(uses: ReadonlyMap<InstanceId, Timestamp>, nowMs: number): void {
    for (const name of Array.from(this.selections.keys())) {
      if (this.selections.peek(name)?.goesByIdleness === true) this.selections.delete(name);
    }
    this.idleNowMs = nowMs;
    for (const entry of this.entries.values()) {
      if (entry.idleBaseMs === null) continue;
      const use = uses.get(entry.record.id);
      entry.keys.idle = idleKey(Math.max(entry.idleBaseMs, use === undefined ? 0 : msFromTimestamp(use)));
    }
  }

  /** Adds or replaces a record, unless the index has this revision or a later one. */
  put(record: InstanceRecord): void {
    const before = this.entries.get(record.id);
    if (before !== undefined && before.record.revision >= record.revision) return;
    const entry = entryOf(this.parts.compact(record), this.parts);
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
    const key = (isDescending ? sort.slice(1) : sort) as FleetSortKey;
    const after = cursor === undefined ? null : decodeCursor(sort, cursor);
    const sorted = this.selection(key, filter).sorted();
    const from = after === null ? 0 : placesUpTo(sorted, key, after, isDescending);
    const records: InstanceRecord[] = [];
    let last: FleetEntry | undefined;
    for (let place = from; place < sorted.length && records.length < limit; place++) {
      last = sorted[isDescending ? sorted.length - 1 - place : place];
      if (last !== undefined) records.push(last.record);
    }
    const hasMore = from + records.length < sorted.length;
    const nextCursor = hasMore && last !== undefined ? encodeCursor(sort, [last.keys[key], last.record.id]) : null;
    return { records, total: sorted.length, nextCursor };
  }

  private selection(key: FleetSortKey, filter: FleetFilter): Selection {
    const name = JSON.stringify([key, Object.entries(filter).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
    let selection = this.selections.get(name);
    if (selection === undefined) {
      selection = new Selection(key, filter, this.idleNowMs, this.entries.values());
      this.selections.set(name, selection);
    }
    return selection;
  }

  private changeSelections(before: FleetEntry | undefined, after: FleetEntry | undefined): void {
    for (const selection of this.selections.values()) selection.change(before, after);
  }

  private forgetNovitaId({ id, novitaInstanceId }: InstanceRecord): void {
    // The id may belong to a later record already.
    if (novitaInstanceId !== null && this.byNovitaId.get(novitaInstanceId) === id)
      this.byNovitaId.delete(novitaInstanceId);
  }
}

function encodeCursor(sort: string, place: Place): string {
  return Buffer.from(JSON.stringify([sort, ...place])).toString('base64url');
}

function decodeCursor(sort: string, cursor: string): Place {
  const content = parseJson(Buffer.from(cursor, 'base64url').toString());
  if (!Array.isArray(content) || content.length !== 3) throw new InvalidCursorError('not a cursor');
  const [madeFor, value, id] = content as [unknown, unknown, unknown];
  if (madeFor !== sort) throw new InvalidCursorError(`the cursor was not made for sort=${sort}`);
  const key = FLEET_SORT_KEYS.find((known) => sort.endsWith(known));
  const isText = key !== undefined && TEXT_KEYS.has(key);
  if (typeof id !== 'string' || !isInstanceId(id)) throw new InvalidCursorError('not a cursor');
  if (isText ? typeof value !== 'string' : !Number.isFinite(value)) throw new InvalidCursorError('not a cursor');
  return [value as string | number, id];
}
