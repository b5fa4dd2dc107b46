import { dayOf, type InstanceId, startOfDayMs } from '@app/instance-store';
import type { NovitaBillingMode, NovitaInstanceId, UsageBill } from '@app/novita-client';
import { DAY_MS, HOUR_MS, msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';

/**
 * Why a day cannot be compared. `not-billed-yet`: the bill has nothing of it, or not long enough ago. `incomplete`: it lacks instances that
 * ran, and may still be on its way. `unreadable`: what it says is not understood. `not-counted`: the meters did not run all day.
 * `no-record`: of instances that ran no record is left, so whether this bill has them is not known.
 */
export const BILL_UNKNOWN = ['not-billed-yet', 'incomplete', 'unreadable', 'not-counted', 'no-record'] as const;
export type BillUnknown = (typeof BILL_UNKNOWN)[number];

/** What an instance was counted and billed for; USD. */
export interface BilledInstance {
  /** Null when its record is gone. */
  readonly novitaInstanceId: string | null;
  /** Null for one that the meters do not know. */
  readonly instanceId: InstanceId | null;
  readonly name: string | null;
  readonly meteredUsd: number;
  readonly billedUsd: number;
}

/** One day of UTC: what the meters have counted, and what Novita has billed. USD. */
export interface BillDay {
  /** Days since 1970. */
  readonly day: number;
  readonly checkedAt: Timestamp;
  readonly meteredUsd: number;
  /** Null when it is not known. */
  readonly billedUsd: number | null;
  /** Null when the two are compared. */
  readonly unknown: BillUnknown | null;
  /** What is not understood or not known, in words. */
  readonly detail: string | null;
  /** Instances that are paid by the month: they are on another bill, and in none of these sums. */
  readonly monthly: { readonly instances: number; readonly usd: number };
  /** Of a day that is compared, those that differ most, at most `MOST_INSTANCES`. */
  readonly instances: readonly BilledInstance[];
  /** All others: with `instances` they add up to the whole. Null when the day is not compared. */
  readonly others: { readonly instances: number; readonly meteredUsd: number; readonly billedUsd: number } | null;
  /** Whether it was announced as differing, by this check or an earlier one. */
  readonly isAnnounced: boolean;
}

/** What a comparison finds. */
export type ComparedDay = Omit<BillDay, 'isAnnounced'>;

/** What the meters have counted of an instance on a day. */
export interface CountedInstance {
  readonly id: InstanceId;
  readonly usd: number;
  /** Null when its record is gone; so too the others. */
  readonly novitaInstanceId: NovitaInstanceId | null;
  readonly name: string | null;
  readonly billingMode: NovitaBillingMode | null;
}

/** What the bill says of one day. */
export interface BilledDay {
  readonly usdByInstance: ReadonlyMap<NovitaInstanceId, number>;
  /** Why it cannot be relied on; null when it can. */
  readonly doubt: string | null;
}

export const MOST_INSTANCES = 20;
/** Before that a day's bill may lack hours. How late Novita bills is not documented; it settles hourly. */
export const SETTLES_AFTER_MS = 12 * HOUR_MS;
/** A bill that lacks an instance then does not bill it. */
export const FINAL_AFTER_MS = 48 * HOUR_MS;
/** Less than this is no difference. */
const CENT_USD = 0.01;
/** Days of which the meters still have the instances. */
export const DAYS_CHECKED = 6;

/** The ended days that a check compares: those that were not compared for good yet. The oldest first. */
export function daysToCheck(known: ReadonlyMap<number, BillDay>, nowMs: number): readonly number[] {
  const today = dayOf(nowMs);
  const days = Array.from({ length: DAYS_CHECKED }, (_, i) => today - DAYS_CHECKED + i);
  return days.filter((day) => {
    const before = known.get(day);
    return before === undefined || !isFinal(before);
  });
}

function isFinal({ day, checkedAt, unknown }: BillDay): boolean {
  return unknown === null && msFromTimestamp(checkedAt) >= endOf(day) + FINAL_AFTER_MS;
}

/** The bill by day of UTC. What cannot be read makes the days doubtful that it may belong to. */
export function billByDay(bill: UsageBill, days: readonly number[]): ReadonlyMap<number, BilledDay> {
  const [unreadable] = bill.unreadable;
  const doubt = unreadable === undefined ? null : `${unreadable.path}: ${unreadable.reason}`;
  const byDay = new Map(days.map((day) => [day, { usd: new Map<NovitaInstanceId, number>(), doubt }]));
  for (const { instanceId, from, to, amountUsd } of bill.lines) {
    const first = dayOf(msFromTimestamp(from));
    // The end may be the moment after the last one that belongs to it.
    const last = dayOf(Math.max(msFromTimestamp(from), msFromTimestamp(to) - 1));
    for (const day of new Set([first, last])) {
      const entry = byDay.get(day);
      if (entry === undefined) continue;
      if (first !== last) entry.doubt ??= 'its days are not those of UTC';
      else if (amountUsd === null) entry.doubt ??= 'the unit of its amounts is not known';
      else entry.usd.set(instanceId, (entry.usd.get(instanceId) ?? 0) + amountUsd);
    }
  }
  return new Map([...byDay].map(([day, entry]) => [day, { usdByInstance: entry.usd, doubt: entry.doubt }]));
}

/**
 * Compares what the meters have counted on a day with what was billed. What is not known is never a difference: a day that the bill lacks
 * says nothing, and neither does one that the meters have counted in part.
 * @param isCounted whether the meters ran all day
 */
export function compareDay(
  day: number,
  counted: { readonly instances: readonly CountedInstance[]; readonly isCounted: boolean },
  billed: BilledDay,
  nowMs: number,
): ComparedDay {
  // Without a record too: those come to less than a cent on a day that is compared.
  const byUse = counted.instances.filter(({ billingMode }) => billingMode !== 'monthly');
  const monthly = counted.instances.filter(({ billingMode }) => billingMode === 'monthly');
  const meteredUsd = sum(byUse.map(({ usd }) => usd));
  const known = {
    day,
    checkedAt: timestampFromMs(nowMs),
    meteredUsd,
    detail: null,
    monthly: { instances: monthly.length, usd: sum(monthly.map(({ usd }) => usd)) },
  };
  const unrecorded = counted.instances.filter(({ billingMode }) => billingMode === null);
  const unrecordedUsd = sum(unrecorded.map(({ usd }) => usd));
  const unknown = unknownOf(day, { byUse, meteredUsd, unrecordedUsd }, counted.isCounted, billed, nowMs);
  if (unknown !== null) {
    const isForRecords = (unknown === 'incomplete' || unknown === 'no-record') && unrecordedUsd >= CENT_USD;
    const detail = isForRecords ? unrecordedDetail(unrecorded.length, unrecordedUsd) : billed.doubt;
    return { ...known, detail, billedUsd: null, unknown, instances: [], others: null };
  }
  const all = sideBySide(byUse, billed).toSorted((a, b) => differenceOf(b) - differenceOf(a));
  const rest = all.slice(MOST_INSTANCES);
  return {
    ...known,
    billedUsd: sum(all.map(({ billedUsd }) => billedUsd)),
    unknown,
    instances: all.slice(0, MOST_INSTANCES),
    others: {
      instances: rest.length,
      meteredUsd: sum(rest.map((instance) => instance.meteredUsd)),
      billedUsd: sum(rest.map(({ billedUsd }) => billedUsd)),
    },
  };
}

/** In parts of the greater of the two, from -1 to 1, above 0 when more was billed than counted; null when that is not known. */
export function differenceRatio({ meteredUsd, billedUsd, unknown }: ComparedDay): number | null {
  if (unknown !== null || billedUsd === null) return null;
  const difference = billedUsd - meteredUsd;
  if (Math.abs(difference) < CENT_USD) return 0;
  return difference / Math.max(Math.abs(meteredUsd), Math.abs(billedUsd));
}

/** Whether the two differ by more than is tolerated; null when that is not known. */
export function differs(day: ComparedDay, tolerancePercent: number): boolean | null {
  const ratio = differenceRatio(day);
  return ratio === null ? null : Math.abs(ratio) * 100 > tolerancePercent;
}

/** @param day days since 1970 @returns such as `2026-03-01` */
export function dateOfDay(day: number): string {
  return timestampFromMs(startOfDayMs(day)).slice(0, 'yyyy-mm-dd'.length);
}

export function endOf(day: number): number {
  return startOfDayMs(day) + DAY_MS;
}

function unknownOf(
  day: number,
  metered: {
    readonly byUse: readonly CountedInstance[];
    readonly meteredUsd: number;
    /** Of instances that may as well be paid by the month. */
    readonly unrecordedUsd: number;
  },
  isCounted: boolean,
  { usdByInstance, doubt }: BilledDay,
  nowMs: number,
): BillUnknown | null {
  if (!isCounted) return 'not-counted';
  if (nowMs < endOf(day) + SETTLES_AFTER_MS) return 'not-billed-yet';
  if (doubt !== null) return 'unreadable';
  if (usdByInstance.size === 0) return metered.meteredUsd < CENT_USD ? null : 'not-billed-yet';
  const isUnrecorded = metered.unrecordedUsd >= CENT_USD;
  if (nowMs >= endOf(day) + FINAL_AFTER_MS) return isUnrecorded ? 'no-record' : null;
  const isLacking = metered.byUse.some(
    ({ usd, novitaInstanceId }) => usd >= CENT_USD && novitaInstanceId !== null && !usdByInstance.has(novitaInstanceId),
  );
  return isLacking || isUnrecorded ? 'incomplete' : null;
}

function unrecordedDetail(instances: number, usd: number): string {
  const which = instances === 1 ? 'an instance' : `${instances} instances`;
  return `no record is left of ${which} that came to ${usd.toFixed(2)} USD: how that is paid is not known`;
}

function sideBySide(byUse: readonly CountedInstance[], { usdByInstance }: BilledDay): readonly BilledInstance[] {
  const counted = byUse.map(({ id, novitaInstanceId, name, usd }) => ({
    novitaInstanceId,
    instanceId: id,
    name,
    meteredUsd: usd,
    billedUsd: novitaInstanceId === null ? 0 : (usdByInstance.get(novitaInstanceId) ?? 0),
  }));
  const isCounted = new Set(byUse.map(({ novitaInstanceId }) => novitaInstanceId));
  const others = [...usdByInstance]
    .filter(([id]) => !isCounted.has(id))
    .map(([id, billedUsd]) => ({ novitaInstanceId: id, instanceId: null, name: null, meteredUsd: 0, billedUsd }));
  return [...counted, ...others];
}

function differenceOf({ meteredUsd, billedUsd }: BilledInstance): number {
  return Math.abs(billedUsd - meteredUsd);
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
