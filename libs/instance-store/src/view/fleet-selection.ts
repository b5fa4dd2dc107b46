import { msFromTimestamp } from '@app/platform';
import { costMicro, costOf } from '../plan/cost.js';
import { type IdleRules, idleBase, idleCounting } from '../plan/idle-clock.js';
import type { IdleReason } from '../plan/idle-reason.js';
import { groupOf, type InstanceRecord, ownerOf } from '../record/instance.js';
import { canBeIdle, INSTANCE_STATUSES } from '../record/instance-status.js';
import type { TimedEntry } from './change-times.js';
import { type AttentionReason, billedAs } from './fleet-figures.js';
import type { FleetFigure, FleetFilter, FleetSortKey } from './fleet-view.js';
import type { SharedParts } from './shared-parts.js';

/** Up to so many changes are sorted in one by one; more are merged in one pass. */
const FEW_CHANGES = 16;

/** After every time at which anything is stopped. */
const NEVER_STOPS = Number.MAX_SAFE_INTEGER;

/** What filters and orders go by beside the entries; fixed for a selection. */
export interface SelectionBasis {
  /** Up to when idle times are counted, in epoch milliseconds. */
  readonly idleNowMs: number;
  /** Up to when the cost so far is counted. */
  readonly costNowMs: number;
}

/** A record with the values by which it is filtered and sorted, as far as they are dear to make. */
export interface FleetEntry extends TimedEntry {
  readonly record: InstanceRecord;
  readonly lowerName: string;
  readonly lowerProduct: string;
  /** Epoch milliseconds. */
  readonly createdMs: number;
  /** How long it may stand unused; null when auto-stop does not stop it. */
  readonly thresholdMs: number | null;
  /** Since when it would be idle if nobody had used it, in epoch milliseconds; null when it is not ready. */
  readonly idleBaseMs: number | null;
  /** Since when it is idle, by the uses that were known when time passed last; -1 when it is not ready. */
  idleSinceMs: number;
  /** Why it counted as idle, and why it needed attention, when time passed last. */
  idleReason: IdleReason | null;
  attention: readonly AttentionReason[];
}

/** The entries that match one filter, in one order. Changes are sorted in when it is read. */
export class Selection {
  private readonly entries: FleetEntry[];
  private added = new Set<FleetEntry>();
  private removed = new Set<FleetEntry>();

  private readonly matches: (entry: FleetEntry) => boolean;
  private readonly order: Order;
  /** Whether it holds only until an entry counts as something else: its order or filter depend on idleness or attention. */
  readonly goesByState: boolean;
  /** Whether it holds only until time passes. */
  readonly goesByTime: boolean;

  constructor(key: FleetSortKey, filter: FleetFilter, basis: SelectionBasis, all: Iterable<FleetEntry>) {
    this.matches = matcherOf(filter, basis);
    this.order = new Order(key, basis.costNowMs);
    this.goesByState = goesByIdleness(key, filter) || goesByAttention(filter);
    this.goesByTime = filter.idleForMs !== undefined;
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

function keyOf(entry: FleetEntry, key: FleetSortKey, costNowMs: number): string | number {
  const { record, thresholdMs, idleSinceMs } = entry;
  switch (key) {
    case 'createdAt':
      return entry.createdMs;
    case 'name':
      return record.name;
    case 'price':
      return record.price.usdPerHour ?? -1;
    case 'idle':
      return idleSinceMs < 0 ? -1 : reversed(idleSinceMs);
    case 'uptime': {
      const { started } = record.timestamps;
      // The earlier the start, the longer it has been up.
      return started !== undefined && canBeIdle(record.status) ? reversed(msFromTimestamp(started)) : -1;
    }
    case 'status':
      return INSTANCE_STATUSES.indexOf(record.status);
    case 'region':
      return record.spec.region ?? '';
    case 'cost': {
      const cost = costOf(record);
      return cost === null ? -1 : costMicro(cost, costNowMs);
    }
    case 'stopsAt':
      return thresholdMs === null || idleSinceMs < 0 ? NEVER_STOPS : idleSinceMs + thresholdMs;
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
  const { spec, status, name } = record;
  const idleBaseMs = canBeIdle(status) ? idleBase(record).baseMs : null;
  const counting = idleCounting(record, rules);
  return {
    record,
    lowerName: name.toLowerCase(),
    lowerProduct: parts.text(spec.productName.toLowerCase()),
    createdMs: msFromTimestamp(record.timestamps.created),
    thresholdMs: counting.counts ? counting.clock.thresholdMs : null,
    idleBaseMs,
    idleSinceMs: idleBaseMs ?? -1,
    idleReason: null,
    attention: [],
    changesInSecond: null,
  };
}

/** Of a time: the earlier it is, the larger. */
function reversed(ms: number): number {
  return Number.MAX_SAFE_INTEGER - ms;
}

/** Whether an order or filter depends on the latest uses, which the store alone knows. */
export function goesByIdleness(key: FleetSortKey, { idleForMs, idleReasons, show }: FleetFilter): boolean {
  return key === 'idle' || key === 'stopsAt' || idleForMs !== undefined || idleReasons !== undefined || show === 'idle';
}

/** Whether a filter depends on deadlines that pass. */
export function goesByAttention({ show, attention }: FleetFilter): boolean {
  return show === 'attention' || attention !== undefined;
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
      ({ idleSinceMs }) =>
        idleSinceMs >= 0 && idleSinceMs <= basis.idleNowMs - ms,
  );
  testIf(idleReasons, (wanted) => isAmong<IdleReason | null>(wanted, ({ idleReason }) => idleReason));
  testIf(attention, (wanted) => (entry) => wanted.some((reason) => entry.attention.includes(reason)));
  testIf(show, isOfFigure);
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

function isOfFigure(figure: FleetFigure): Test {
  switch (figure) {
    case 'running':
      return ({ record }) => billedAs(record) === 'running';
    case 'billed-though-stopped':
      return ({ record }) => billedAs(record) === 'though-stopped';
    case 'billed':
      return ({ record }) => billedAs(record) !== null;
    case 'idle':
      return ({ idleReason }) => idleReason !== null;
    case 'attention':
      return ({ attention }) => attention.length > 0;
  }
}
