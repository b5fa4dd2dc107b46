import { dayOf, type InstanceId, type OwnerCommitments, startOfDayMs } from '@app/instance-store';
import { type ApiKeyLimits, HOUR_MS, msFromTimestamp, type Timestamp } from '@app/platform';

/** What the instances of one owner cost; USD. */
export interface OwnerSpend {
  /** As the store counts them under a cap. */
  readonly commitments: OwnerCommitments;
  /** In this day of UTC, as far as it is accrued. */
  readonly todayUsd: number;
  /** Up to when; null before the first time. */
  readonly accruedAt: Timestamp | null;
}

/** What a key with limits may still begin. USD. */
export interface KeyBudget {
  readonly committedUsdPerHour: number;
  readonly unpriced: number;
  /** In this day of UTC, up to now. */
  readonly todayUsd: number;
  /** What all instances of the key may cost an hour at this moment, and by which of its limits. */
  readonly cap: { readonly usdPerHour: number; readonly limit: 'usdPerHour' | 'usdPerDay' };
  readonly leftUsdPerHour: number;
  /** What the records show beyond what the store counts, which knows nothing of it. */
  readonly uncounted: { readonly usdPerHour: number; readonly unpriced: readonly InstanceId[] };
}

/**
 * What a key with limits may still begin. Pure.
 *
 * The limit of a day becomes one of an hour: what today has left, spread over the hours until midnight. So one number is held
 * against all instances, and the day's limit holds if each of them runs until then, however long any may live.
 *
 * @param recorded what the records of the owner show, which have those that were last written by a release that kept no commitments
 * @param nowMs epoch milliseconds
 */
export function keyBudget(
  limits: ApiKeyLimits,
  { commitments, todayUsd: accruedUsd, accruedAt }: OwnerSpend,
  recorded: OwnerCommitments,
  nowMs: number,
): KeyBudget {
  const counted = sumOf(commitments.values());
  const uncounted = uncountedOf(commitments, recorded);
  const committedUsdPerHour = counted.usdPerHour + uncounted.usdPerHour;
  const unpriced = counted.unpriced + uncounted.unpriced.length;
  const todayUsd = accruedUsd + committedUsdPerHour * hoursSinceAccrual(accruedAt, nowMs);
  const cap = capAt(limits, todayUsd, nowMs);
  const leftUsdPerHour = unpriced > 0 ? 0 : Math.max(0, cap.usdPerHour - committedUsdPerHour);
  return { committedUsdPerHour, unpriced, todayUsd, cap, leftUsdPerHour, uncounted };
}

function sumOf(prices: Iterable<number | null>): { readonly usdPerHour: number; readonly unpriced: number } {
  let [usdPerHour, unpriced] = [0, 0];
  for (const price of prices) {
    if (price === null) unpriced += 1;
    else usdPerHour += price;
  }
  return { usdPerHour, unpriced };
}

/** One by one: of two sums the one would hide what the other lacks. */
function uncountedOf(counted: OwnerCommitments, recorded: OwnerCommitments): KeyBudget['uncounted'] {
  const unpriced: InstanceId[] = [];
  let usdPerHour = 0;
  for (const [id, price] of recorded) {
    const known = counted.get(id);
    if (known === null) continue;
    if (price === null) unpriced.push(id);
    else usdPerHour += Math.max(0, price - (known ?? 0));
  }
  return { usdPerHour, unpriced };
}

function capAt({ usdPerHour, usdPerDay }: ApiKeyLimits, todayUsd: number, nowMs: number): KeyBudget['cap'] {
  if (usdPerDay === null) return { usdPerHour, limit: 'usdPerHour' };
  const hoursLeft = (startOfDayMs(dayOf(nowMs) + 1) - nowMs) / HOUR_MS;
  const byDay = Math.max(0, usdPerDay - todayUsd) / hoursLeft;
  return byDay < usdPerHour ? { usdPerHour: byDay, limit: 'usdPerDay' } : { usdPerHour, limit: 'usdPerHour' };
}

function hoursSinceAccrual(accruedAt: Timestamp | null, nowMs: number): number {
  if (accruedAt === null) return 0;
  return Math.max(0, nowMs - Math.max(msFromTimestamp(accruedAt), startOfDayMs(dayOf(nowMs)))) / HOUR_MS;
}
