import { msFromTimestamp } from '@app/platform';
import { costMicro, costOf } from '../plan/cost.js';
import { type IdleRules, idleBase, idleCounting } from '../plan/idle-clock.js';
import type { IdleReason } from '../plan/idle-reason.js';
import { type Meter, meterOf } from '../plan/meter.js';
import { groupOf, type InstanceRecord, ownerOf } from '../record/instance.js';
import { canBeIdle, INSTANCE_STATUSES } from '../record/instance-status.js';
import { ATTENTION_REASONS, type AttentionRules, needsAttentionFor, placeOnBill } from './fleet-figures.js';
import type { FleetFigure, FleetFilter, FleetSortKey } from './fleet-view.js';
import type { SharedParts } from './shared-parts.js';

/** Up to so many changes are sorted in one by one; more are merged in one pass. */
const FEW_CHANGES = 16;

/** Orders by what is kept of each entry; the others are read from its record. */
type KeptKey = 'createdAt' | 'name' | 'price' | 'idle' | 'uptime' | 'status' | 'region';
/** After every time at which anything is stopped. */
const NEVER_STOPS = Number.MAX_SAFE_INTEGER;

/** What filters and orders go by beside the records; fixed for a selection. */
export interface SelectionBasis extends AttentionRules {
  /** Up to when idle times are counted, in epoch milliseconds. */
  readonly idleNowMs: number;
  /** Up to when the cost so far is counted. */
  readonly costNowMs: number;
}

/** A record with the values by which it is filtered and sorted. */
export interface FleetEntry {
  readonly record: InstanceRecord;
  readonly lowerName: string;
  readonly lowerProduct: string;
  readonly keys: Readonly<Record<Exclude<KeptKey, 'idle'>, string | number>> & { idle: number };
  /** What it costs. */
  readonly meter: Meter;
  /** How long it may stand unused; null when auto-stop does not stop it. */
  readonly thresholdMs: number | null;
  /** Why it counted as idle when idleness was computed last. */
  idleReason: IdleReason | null;
  /** Since when it would be idle if nobody had used it, in epoch milliseconds; null when it is not ready. */
  readonly idleBaseMs: number | null;
}

/** The entries that match one filter, in one order. Changes are sorted in when it is read. */
export class Selection {
  private readonly entries: FleetEntry[];
  private added = new Set<FleetEntry>();
  private removed = new Set<FleetEntry>();

  private readonly matches: (entry: FleetEntry) => boolean;
  private readonly order: Order;
  /** Whether order or filter depend on idleness, so that it holds until idleness is computed the next time. */
  readonly goesByIdleness: boolean;
  /** Whether it holds only for a while, because the filter depends on the time. */
  readonly goesByTime: boolean;

  constructor(key: FleetSortKey, filter: FleetFilter, basis: SelectionBasis, all: Iterable<FleetEntry>) {
    this.matches = matcherOf(filter, basis);
    this.order = new Order(key, basis.costNowMs);
    this.goesByIdleness = goesByIdleness(key, filter);
    this.goesByTime = filter.show === 'attention' || filter.attention !== undefined;
    this.entries = this.order.sort([...all].filter(this.matches));
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
      this.entries.splice(this.order.lowerBound(this.entries, this.order.placeOf(entry)), 1);
    for (const entry of this.added)
      this.entries.splice(this.order.lowerBound(this.entries, this.order.placeOf(entry)), 0, entry);
    this.removed.clear();
    this.added.clear();
  }

  private merge(): void {
    const compare = this.order.compare;
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

  /** How many entries to pass over in order to go on after the place, in either direction. */
  placesUpTo(place: Place, isDescending: boolean): number {
    const sorted = this.sorted();
    return isDescending ? sorted.length - this.order.lowerBound(sorted, place) : this.order.upperBound(sorted, place);
  }

  placeOf(entry: FleetEntry): Place {
    return this.order.placeOf(entry);
  }
}

/** The place of an entry in an order: its key, then its id, so that no two are equal. */
export type Place = readonly [key: string | number, id: string];

/** Of entries by one key. */
class Order {
  constructor(
    private readonly key: FleetSortKey,
    private readonly costNowMs: number,
  ) {}

  placeOf(entry: FleetEntry): Place {
    return [keyOf(entry, this.key, this.costNowMs), entry.record.id];
  }

  readonly compare = (a: FleetEntry, b: FleetEntry): number => comparePlaces(this.placeOf(a), this.placeOf(b));

  /** In place; each key is made once. */
  sort(entries: readonly FleetEntry[]): FleetEntry[] {
    return entries
      .map((entry) => ({ entry, place: this.placeOf(entry) }))
      .sort((a, b) => comparePlaces(a.place, b.place))
      .map(({ entry }) => entry);
  }

  /** The first index whose entry is not before the place. */
  lowerBound(sorted: readonly FleetEntry[], place: Place): number {
    return this.bound(sorted, place, (order) => order < 0);
  }

  /** The first index whose entry is after the place. */
  upperBound(sorted: readonly FleetEntry[], place: Place): number {
    return this.bound(sorted, place, (order) => order <= 0);
  }

  private bound(sorted: readonly FleetEntry[], place: Place, liesBefore: (order: number) => boolean): number {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = sorted[middle];
      if (entry !== undefined && liesBefore(comparePlaces(this.placeOf(entry), place))) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function comparePlaces([a, aId]: Place, [b, bId]: Place): number {
  if (a !== b) return a < b ? -1 : 1;
  return aId === bId ? 0 : aId < bId ? -1 : 1;
}

function keyOf({ keys, record, thresholdMs }: FleetEntry, key: FleetSortKey, costNowMs: number): string | number {
  switch (key) {
    case 'createdAt':
    case 'name':
    case 'price':
    case 'idle':
    case 'uptime':
    case 'status':
    case 'region':
      return keys[key];
    case 'cost': {
      const cost = costOf(record);
      return cost === null ? -1 : costMicro(cost, costNowMs);
    }
    case 'stopsAt':
      return thresholdMs === null || keys.idle < 0 ? NEVER_STOPS : idleKey(keys.idle) + thresholdMs;
    case 'owner':
      return ownerOf(record);
    case 'product':
      return record.spec.productName;
    case 'image':
      return record.spec.image;
    case 'billing':
      return record.spec.billingMode;
    case 'origin':
      return record.origin;
  }
}

/**
 * Made once for each revision.
 * @param parts holds the texts that many records have alike
 */
export function entryOf(record: InstanceRecord, parts: SharedParts, rules: IdleRules): FleetEntry {
  const { timestamps, spec, price, status, name } = record;
  const started = timestamps.started;
  const idleBaseMs = canBeIdle(status) ? idleBase(record).baseMs : null;
  const counting = idleCounting(record, rules);
  return {
    record,
    meter: meterOf(record),
    thresholdMs: counting.counts ? counting.clock.thresholdMs : null,
    idleReason: null,
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

/** The earlier the last use, the longer it has been idle. Its own reverse. */
export function idleKey(sinceMs: number): number {
  return Number.MAX_SAFE_INTEGER - sinceMs;
}

/** Whether an order or filter depends on the latest uses, which the store alone knows. */
export function goesByIdleness(key: FleetSortKey, { idleForMs, idleReasons, show }: FleetFilter): boolean {
  return key === 'idle' || key === 'stopsAt' || idleForMs !== undefined || idleReasons !== undefined || show === 'idle';
}

/** Whether an entry agrees with every member of the filter. */
export function matcherOf(filter: FleetFilter, basis: SelectionBasis): (entry: FleetEntry) => boolean {
  const tests = testsOf(filter, basis);
  return (entry) => tests.every((test) => test(entry));
}

type Test = (entry: FleetEntry) => boolean;

function testsOf(filter: FleetFilter, basis: SelectionBasis): readonly Test[] {
  const { statuses, regions, name, search, products, origins, billings, owners, group, idleForMs } = filter;
  const { ids, show, idleReasons, attention } = filter;
  const tests: Test[] = [];
  const testIf = <Value>(value: Value | undefined, testOf: (value: Value) => Test): void => {
    if (value !== undefined) tests.push(testOf(value));
  };
  testIf(ids, isNamed);
  testIf(statuses, (wanted) => isAmong(wanted, ({ record }) => record.status));
  testIf(origins, (wanted) => isAmong(wanted, ({ record }) => record.origin));
  testIf(billings, (wanted) => isAmong(wanted, ({ record }) => record.spec.billingMode));
  testIf(regions, (wanted) => isAmong<string | null>(wanted, ({ record }) => record.spec.region));
  testIf(owners, (wanted) => isAmong<string>(wanted, ({ record }) => ownerOf(record)));
  testIf(
    group,
    (wanted) =>
      ({ record }) =>
        groupOf(record) === wanted,
  );
  testIf(
    name?.toLowerCase(),
    (part) =>
      ({ lowerName }) =>
        lowerName.includes(part),
  );
  testIf(search?.toLowerCase(), (part) => (entry) => holdsText(entry, part));
  testIf(products, isProduct);
  testIf(
    idleForMs,
    (ms) =>
      ({ keys }) =>
        keys.idle >= idleKey(basis.idleNowMs - ms),
  );
  testIf(idleReasons, (wanted) => isAmong<IdleReason | null>(wanted, ({ idleReason }) => idleReason));
  testIf(
    attention,
    (wanted) =>
      ({ record }) =>
        wanted.some((reason) => needsAttentionFor(record, reason, basis)),
  );
  testIf(show, (figure) => isOfFigure(figure, basis));
  return tests;
}

function isAmong<Value>(wanted: readonly Value[], of: (entry: FleetEntry) => Value): Test {
  const values = new Set(wanted);
  return (entry) => values.has(of(entry));
}

function isNamed(ids: readonly string[]): Test {
  const wanted = new Set(ids);
  return ({ record: { id, novitaInstanceId } }) =>
    wanted.has(id) || (novitaInstanceId !== null && wanted.has(novitaInstanceId));
}

function isProduct(products: readonly string[]): Test {
  const wanted = products.map((product) => ({ id: product, part: product.toLowerCase() }));
  return ({ record, lowerProduct }) =>
    wanted.some(({ id, part }) => record.spec.productId === id || lowerProduct.includes(part));
}

function holdsText({ record, lowerName, lowerProduct }: FleetEntry, part: string): boolean {
  const { id, novitaInstanceId, spec } = record;
  return (
    lowerName.includes(part) ||
    lowerProduct.includes(part) ||
    id.toLowerCase().includes(part) ||
    spec.image.toLowerCase().includes(part) ||
    (novitaInstanceId?.toLowerCase().includes(part) ?? false) ||
    (spec.templateId?.toLowerCase().includes(part) ?? false)
  );
}

function isOfFigure(figure: FleetFigure, basis: SelectionBasis): Test {
  switch (figure) {
    case 'running':
      return ({ record, meter }) => placeOnBill(record, meter) === 'running';
    case 'billed-though-stopped':
      return ({ record, meter }) => placeOnBill(record, meter) === 'though-stopped';
    case 'billed':
      return ({ record, meter }) => placeOnBill(record, meter) !== null;
    case 'idle':
      return ({ idleReason }) => idleReason !== null;
    case 'attention':
      return ({ record }) => ATTENTION_REASONS.some((reason) => needsAttentionFor(record, reason, basis));
  }
}
