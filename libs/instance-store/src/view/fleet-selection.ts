import { msFromTimestamp } from '@app/platform';
import { idleBase } from '../plan/idle-clock.js';
import { groupOf, type InstanceRecord } from '../record/instance.js';
import { canBeIdle, INSTANCE_STATUSES } from '../record/instance-status.js';
import type { FleetFilter, FleetSortKey } from './fleet-view.js';
import type { SharedParts } from './shared-parts.js';

/** Up to so many changes are sorted in one by one; more are merged in one pass. */
const FEW_CHANGES = 16;

/** A record with the values by which it is filtered and sorted. */
export interface FleetEntry {
  readonly record: InstanceRecord;
  readonly lowerName: string;
  readonly lowerProduct: string;
  readonly keys: Readonly<Record<Exclude<FleetSortKey, 'idle'>, string | number>> & { idle: number };
  /** Since when it would be idle if nobody had used it, in epoch milliseconds; null when it is not ready. */
  readonly idleBaseMs: number | null;
}

/** The entries that match one filter, in one order. Changes are sorted in when it is read. */
export class Selection {
  private readonly entries: FleetEntry[];
  private added = new Set<FleetEntry>();
  private removed = new Set<FleetEntry>();

  private readonly matches: (entry: FleetEntry) => boolean;
  /** Whether order or filter depend on idleness, so that it holds until idleness is computed the next time. */
  readonly goesByIdleness: boolean;

  /** @param idleNowMs up to when idle times are counted, in epoch milliseconds */
  constructor(
    private readonly key: FleetSortKey,
    filter: FleetFilter,
    idleNowMs: number,
    all: Iterable<FleetEntry>,
  ) {
    this.matches = matcherOf(filter, idleNowMs);
    this.goesByIdleness = key === 'idle' || filter.idleForMs !== undefined;
    this.entries = [...all].filter(this.matches).sort(byKey(key));
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

/** The place of an entry in an order: its key, then its id, so that no two are equal. */
export type Place = readonly [key: string | number, id: string];

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

/** How many entries to pass over in order to go on after the place, in either direction. */
export function placesUpTo(
  sorted: readonly FleetEntry[],
  key: FleetSortKey,
  place: Place,
  isDescending: boolean,
): number {
  return isDescending ? sorted.length - lowerBound(sorted, key, place) : upperBound(sorted, key, place);
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

/** Made once for each revision. */
/** @param parts holds the texts that many records have alike */
export function entryOf(record: InstanceRecord, parts: SharedParts): FleetEntry {
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
export function idleKey(sinceMs: number): number {
  return Number.MAX_SAFE_INTEGER - sinceMs;
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
