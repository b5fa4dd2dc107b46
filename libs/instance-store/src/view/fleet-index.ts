import { msFromTimestamp, type Timestamp } from '@app/platform';
import { LRUCache } from 'lru-cache';
import { idleBase } from '../idle/idle-clock.js';
import type { InstanceRecord } from '../instance.js';
import { type InstanceId, isInstanceId, type NovitaInstanceId } from '../instance-id.js';
import { canBeIdle, INSTANCE_STATUSES, type InstanceStatus } from '../instance-status.js';
import { groupOf } from '../listing/instance-group.js';
import { type FleetCounts, fleetCounts } from '../record/instance-records.port.js';
import { InvalidCursorError } from '../store-errors.js';
import {
  FLEET_SORT_KEYS,
  type FleetEntry,
  type FleetFilter,
  type FleetQuery,
  type FleetSortKey,
} from './fleet-view.js';
import { SharedParts } from './shared-parts.js';

const MAX_PAGE = 200;
/** Filters and orders that are kept in order; the least used are forgotten, and made again when they are asked for. */
const MAX_SELECTIONS = 24;
/** Up to so many changes are put in their places one by one; more are merged in one pass. */
const FEW_CHANGES = 16;

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

  /** Those that can be idle. */
  readyIds(): InstanceId[] {
    const ids: InstanceId[] = [];
    for (const { record, idleBaseMs } of this.entries.values()) if (idleBaseMs !== null) ids.push(record.id);
    return ids;
  }

  /** Orders and filters by idleness go by these uses and this time until the next call. */
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

  /** Takes in a revision, unless it has that one or a later one. */
  put(record: InstanceRecord): void {
    const before = this.entries.get(record.id);
    if (before !== undefined && before.record.revision >= record.revision) return;
    const entry = entryOf(this.parts.compact(record), this.parts);
    this.entries.set(record.id, entry);
    if (before !== undefined) {
      this.forgetNovitaId(before.record);
      this.count(before.record, -1);
      // What is known of its use stays known.
      const known = before.keys.idle;
      if (entry.idleBaseMs !== null && known >= 0) entry.keys.idle = Math.min(entry.keys.idle, known);
    }
    this.count(record, 1);
    if (record.novitaInstanceId !== null) this.byNovitaId.set(record.novitaInstanceId, record.id);
    this.tell(before, entry);
  }

  remove(id: InstanceId): void {
    const before = this.entries.get(id);
    if (before === undefined) return;
    this.entries.delete(id);
    this.forgetNovitaId(before.record);
    this.count(before.record, -1);
    this.tell(before, undefined);
  }

  private count({ status, origin }: InstanceRecord, by: 1 | -1): void {
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + by);
    if (origin === 'discovered') this.discovered += by;
  }

  /** @throws InvalidCursorError, RangeError */
  page(query: FleetQuery): IndexPage {
    const { limit, sort, cursor, ...filter } = query;
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
      throw new RangeError(`a page has 1 to ${MAX_PAGE} instances, not ${limit}`);
    }
    const isDescending = sort.startsWith('-');
    const key = (isDescending ? sort.slice(1) : sort) as FleetSortKey;
    const after = cursor === undefined ? null : decodeCursor(sort, cursor);
    const sorted = this.selection(key, filter).sorted();
    const from =
      after === null
        ? 0
        : isDescending
          ? sorted.length - lowerBound(sorted, key, after)
          : upperBound(sorted, key, after);
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
      selection = new Selection(
        key,
        matcherOf(filter, this.idleNowMs),
        this.entries.values(),
        goesByIdleness(key, filter),
      );
      this.selections.set(name, selection);
    }
    return selection;
  }

  private tell(before: FleetEntry | undefined, after: FleetEntry | undefined): void {
    for (const selection of this.selections.values()) selection.change(before, after);
  }

  private forgetNovitaId({ id, novitaInstanceId }: InstanceRecord): void {
    // A later record may have taken the id over already.
    if (novitaInstanceId !== null && this.byNovitaId.get(novitaInstanceId) === id)
      this.byNovitaId.delete(novitaInstanceId);
  }
}

/** Those that match one filter, in one order; changes are taken in when it is read. */
class Selection {
  private readonly entries: FleetEntry[];
  private added = new Set<FleetEntry>();
  private removed = new Set<FleetEntry>();

  constructor(
    private readonly key: FleetSortKey,
    private readonly matches: (entry: FleetEntry) => boolean,
    all: Iterable<FleetEntry>,
    /** Then it holds until the next time at which idleness is counted. */
    readonly goesByIdleness: boolean,
  ) {
    this.entries = [...all].filter(matches).sort(byKey(key));
  }

  change(before: FleetEntry | undefined, after: FleetEntry | undefined): void {
    if (before !== undefined && this.matches(before) && !this.added.delete(before)) this.removed.add(before);
    if (after !== undefined && this.matches(after)) this.added.add(after);
  }

  sorted(): readonly FleetEntry[] {
    if (this.added.size + this.removed.size > FEW_CHANGES) this.merge();
    else this.place();
    return this.entries;
  }

  private place(): void {
    for (const entry of this.removed)
      this.entries.splice(lowerBound(this.entries, this.key, placeOf(entry, this.key)), 1);
    for (const entry of this.added)
      this.entries.splice(lowerBound(this.entries, this.key, placeOf(entry, this.key)), 0, entry);
    this.removed.clear();
    this.added.clear();
  }

  private merge(): void {
    const compare = byKey(this.key);
    const added = [...this.added].sort(compare);
    const kept = this.entries.filter((entry) => !this.removed.has(entry));
    let next = 0;
    let length = 0;
    for (const entry of kept) {
      for (let one = added[next]; one !== undefined && compare(one, entry) < 0; one = added[++next])
        this.entries[length++] = one;
      this.entries[length++] = entry;
    }
    for (let one = added[next]; one !== undefined; one = added[++next]) this.entries[length++] = one;
    this.entries.length = length;
    this.removed = new Set();
    this.added = new Set();
  }
}

/** What an entry is sorted by: its key, then its id, so that no two are equal. */
type Place = readonly [key: string | number, id: string];

function placeOf(entry: FleetEntry, key: FleetSortKey): Place {
  return [entry.keys[key], entry.record.id];
}

function byKey(key: FleetSortKey): (a: FleetEntry, b: FleetEntry) => number {
  return (a, b) => comparePlaces(a.keys[key], a.record.id, b.keys[key], b.record.id);
}

function comparePlaces(a: string | number, aId: string, b: string | number, bId: string): number {
  if (a !== b) return a < b ? -1 : 1;
  return aId === bId ? 0 : aId < bId ? -1 : 1;
}

/** The first index whose entry is not before the place. */
function lowerBound(sorted: readonly FleetEntry[], key: FleetSortKey, place: Place): number {
  return bound(sorted, key, place, (order) => order < 0);
}

/** The first index whose entry is after the place. */
function upperBound(sorted: readonly FleetEntry[], key: FleetSortKey, place: Place): number {
  return bound(sorted, key, place, (order) => order <= 0);
}

function bound(
  sorted: readonly FleetEntry[],
  key: FleetSortKey,
  [value, id]: Place,
  liesBefore: (order: number) => boolean,
): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = sorted[middle];
    if (entry !== undefined && liesBefore(comparePlaces(entry.keys[key], entry.record.id, value, id))) low = middle + 1;
    else high = middle;
  }
  return low;
}

function entryOf(record: InstanceRecord, parts: SharedParts): FleetEntry {
  const { timestamps, spec, price, status, name } = record;
  const started = timestamps.started;
  const idleBaseMs = canBeIdle(status) ? idleBase(record).baseMs : null;
  return {
    record,
    idleBaseMs,
    lowerName: name.toLowerCase(),
    lowerProduct: parts.text(spec.productName.toLowerCase()),
    keys: {
      createdAt: msFromTimestamp(timestamps.created),
      name,
      price: price.usdPerHour ?? -1,
      idle: idleBaseMs === null ? -1 : idleKey(idleBaseMs),
      // The earlier the start, the longer it has been up.
      uptime: started !== undefined && canBeIdle(status) ? Number.MAX_SAFE_INTEGER - msFromTimestamp(started) : -1,
      status: INSTANCE_STATUSES.indexOf(status),
      region: spec.region ?? '',
    },
  };
}

/** The earlier the last use, the longer it has been idle. */
function idleKey(sinceMs: number): number {
  return Number.MAX_SAFE_INTEGER - sinceMs;
}

function goesByIdleness(key: FleetSortKey, { idleForMs }: FleetFilter): boolean {
  return key === 'idle' || idleForMs !== undefined;
}

function matcherOf(filter: FleetFilter, nowMs: number): (entry: FleetEntry) => boolean {
  const { statuses, region, name, product, origin, billing, group, idleForMs } = filter;
  const leastIdleKey = idleForMs === undefined ? null : idleKey(nowMs - idleForMs);
  const wantedStatuses = statuses === undefined ? null : new Set(statuses);
  const wantedName = name?.toLowerCase();
  const wantedProduct = product?.toLowerCase();
  return ({ record, lowerName, lowerProduct, keys }) =>
    (wantedStatuses === null || wantedStatuses.has(record.status)) &&
    (region === undefined || record.spec.region === region) &&
    (wantedName === undefined || lowerName.includes(wantedName)) &&
    (wantedProduct === undefined || record.spec.productId === product || lowerProduct.includes(wantedProduct)) &&
    (origin === undefined || record.origin === origin) &&
    (billing === undefined || record.spec.billingMode === billing) &&
    (group === undefined || groupOf(record) === group) &&
    (leastIdleKey === null || keys.idle >= leastIdleKey);
}

function encodeCursor(sort: string, place: Place): string {
  return Buffer.from(JSON.stringify([sort, ...place])).toString('base64url');
}

const TEXT_KEYS: ReadonlySet<FleetSortKey> = new Set(['name', 'region']);

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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
