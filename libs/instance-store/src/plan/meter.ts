import type { NewInstanceRecord } from '../ports/instance-records.port.js';
import type { InstanceDay, SpendPart, SpendReading } from '../ports/spend-meter.port.js';
import { type InstanceStatus, isLive, maybeBilling } from '../record/instance-status.js';
import { isMigrationDue } from '../record/migration.js';

/**
 * What an instance costs or saves at present. `billing`: it may be on the account's bill. `unpriced`: likewise, but at
 * a price that nobody knows, so it is counted and is in no sum. `saving`: it is not billed because auto-stop has
 * stopped it.
 */
type MeterKind = 'billing' | 'unpriced' | 'saving';
/** The kinds that measure time. */
export type RunningMeter = Exclude<MeterKind, 'unpriced'>;

export interface Meter {
  /** Empty when none runs. */
  readonly meter: MeterKind | '';
  /** Whole micro-USD per hour; 0 unless the meter measures time. */
  readonly rate: number;
}

/** By what the accrued amounts of a day are added up. */
export interface MeterTags {
  /** Empty when unknown; so too the product. */
  readonly owner: string;
  readonly product: string;
}

/** What the counters of money per hour go by. */
interface MeteredRecord extends Meter {
  readonly status: InstanceStatus;
  /** Empty when unknown. */
  readonly region: string;
  /** Empty when unknown. */
  readonly product: string;
}

const MICRO = 1_000_000;
/** A million USD per hour: beyond belief, and small enough that no sum of them overflows a counter. */
const HIGHEST_RATE = 1e12;
/** The name of a region or product that is not known. */
export const UNKNOWN = 'unknown';
const NONE: Meter = { meter: '', rate: 0 };

/**
 * Which meter runs for a record. Pure; the store derives it at every write, so that no writer can forget it. Instances
 * that were made elsewhere are metered too: they are on the same bill.
 *
 * The price of an hour is `price.usdPerHour`, for all GPUs together. For monthly billing that is an hour's share of the
 * month, and it counts as long as the instance exists: a month is paid whether it runs or stands still, and nothing is
 * saved by a stop.
 */
export function meterOf(record: NewInstanceRecord): Meter {
  const rate = rateOf(record);
  if (mayCost(record)) return rate === null ? { meter: 'unpriced', rate: 0 } : { meter: 'billing', rate };
  return rate !== null && isSaved(record) ? { meter: 'saving', rate } : NONE;
}

export function usdFromMicro(micro: number): number {
  return micro / MICRO;
}

export function microFromUsd(usd: number): number {
  return Math.round(usd * MICRO);
}

function mayCost(record: NewInstanceRecord): boolean {
  const { status, spec, novitaInstanceId, attempts, desired, confirmedAt } = record;
  if (!isLive(status)) return false;
  // Nothing was made, and no create is on its way whose outcome is not known: there is nothing to charge for.
  if (novitaInstanceId === null && attempts.openCreate === null) return false;
  if (spec.billingMode === 'monthly') return true;
  // It is still shown as failed when the provider has agreed that it stands still.
  if (status === 'failed' && desired.state !== 'running' && confirmedAt !== null) return false;
  // Its machine was taken back, and the migration that failed has not begun another one.
  if (status === 'failed' && isMigrationDue(record.migration) && record.novitaStatus === 'exited') return false;
  return maybeBilling(status);
}

function isSaved({ status, spec, desired }: NewInstanceRecord): boolean {
  const stoppedAsIdle = desired.state === 'stopped' && desired.by === 'auto-stop';
  return status === 'stopped' && stoppedAsIdle && spec.billingMode !== 'monthly';
}

/** Whole micro-USD per hour; null where it is not known. */
export function rateOf({ price: { usdPerHour } }: Pick<NewInstanceRecord, 'price'>): number | null {
  if (typeof usdPerHour !== 'number' || !Number.isFinite(usdPerHour) || usdPerHour < 0) return null;
  return Math.min(Math.round(usdPerHour * MICRO), HIGHEST_RATE);
}

/**
 * What a record adds to the counters of money per hour: micro-USD by name of the counter; and to the counter of those
 * whose price is not known.
 */
export function ratesOf({ meter, rate, status, region, product }: MeteredRecord): ReadonlyMap<string, number> {
  switch (meter) {
    case 'unpriced':
      return new Map([['unpriced', 1]]);
    case 'billing':
      return new Map([
        ['total', rate],
        [`status:${status}`, rate],
        [`region:${region || UNKNOWN}`, rate],
        [`product:${product || UNKNOWN}`, rate],
      ]);
    case 'saving':
    case '':
      return new Map();
  }
}

/** @param counters micro-USD per hour by `total`, `status:<s>`, `region:<r>`, `product:<p>`; and `unpriced` */
export function ratesNow(counters: Iterable<readonly [counter: string, value: number]>): SpendReading['now'] {
  const sums = { total: 0, unpriced: 0 };
  const by = {
    status: new Map<string, number>(),
    region: new Map<string, number>(),
    product: new Map<string, number>(),
  };
  for (const [counter, value] of counters) {
    const [kind = '', ...name] = counter.split(':');
    if (kind === 'total' || kind === 'unpriced') sums[kind] = value;
    else if (kind === 'status' || kind === 'region' || kind === 'product') {
      by[kind].set(name.join(':'), usdFromMicro(value));
    }
  }
  return {
    usdPerHour: usdFromMicro(sums.total),
    byStatus: Object.fromEntries(by.status),
    byRegion: Object.fromEntries(by.region),
    byProduct: Object.fromEntries(by.product),
    unpriced: sums.unpriced,
  };
}

/** @param sums micro-USD by `<kind>:<name>`, as text or number */
export function partsOf(
  by: SpendPart,
  sums: Iterable<readonly [part: string, micro: string | number]>,
): Map<string, number> {
  const parts = new Map<string, number>();
  for (const [part, micro] of sums) {
    if (part.startsWith(`${by}:`)) parts.set(part.slice(by.length + 1), usdFromMicro(Number(micro)));
  }
  return parts;
}

/** @param sums micro-USD by day; of savings with an `s` before it */
export function instanceDays(
  sums: Iterable<readonly [day: string, micro: string | number]>,
  sinceDay: number,
): InstanceDay[] {
  const days = new Map<number, { usd: number; savedUsd: number }>();
  for (const [field, micro] of sums) {
    const isSaved = field.startsWith('s');
    const day = Number(isSaved ? field.slice(1) : field);
    if (day < sinceDay) continue;
    const sum = days.get(day) ?? { usd: 0, savedUsd: 0 };
    sum[isSaved ? 'savedUsd' : 'usd'] += usdFromMicro(Number(micro));
    days.set(day, sum);
  }
  return [...days].toSorted(([a], [b]) => a - b).map(([day, sum]) => ({ day, ...sum }));
}
