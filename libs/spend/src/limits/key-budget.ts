import { dayOf, startOfDayMs } from '@app/instance-store';
import { type ApiKeyLimits, HOUR_MS, msFromTimestamp, type Timestamp } from '@app/platform';

/** What the instances of one owner cost; USD. */
export interface OwnerSpend {
  /** An hour, those included that are asked for and not made yet. */
  readonly usdPerHour: number;
  /** Instances beside these whose price is not known. */
  readonly unpriced: number;
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
  /** What the store may be told as the cap: less than `cap` where it does not count all that is billed. */
  readonly storeCap: KeyBudget['cap'];
}

/**
 * What a key with limits may still begin. Pure.
 *
 * The limit of a day becomes one of an hour: what today has left, spread over the hours that an instance may still run today. So
 * one number is held against all instances, and whatever they do until midnight, the day's limit holds.
 *
 * @param billed what instances of the owner are on the bill for by their records, which shows those that were last written before
 *   the store kept commitments
 * @param nowMs epoch milliseconds
 */
export function keyBudget(
  limits: ApiKeyLimits,
  spend: OwnerSpend,
  billed: { readonly usdPerHour: number; readonly unpriced: number },
  nowMs: number,
): KeyBudget {
  const uncounted = Math.max(0, billed.usdPerHour - spend.usdPerHour);
  const committedUsdPerHour = spend.usdPerHour + uncounted;
  const unpriced = Math.max(spend.unpriced, billed.unpriced);
  const todayUsd = spend.todayUsd + committedUsdPerHour * hoursSinceAccrual(spend.accruedAt, nowMs);
  const cap = capAt(limits, todayUsd, nowMs);
  // The store refuses what it knows the price of; of an unpriced instance that it does not count it has to be told.
  const isUncounted = billed.unpriced > spend.unpriced;
  return {
    committedUsdPerHour,
    unpriced,
    todayUsd,
    cap,
    leftUsdPerHour: unpriced > 0 ? 0 : Math.max(0, cap.usdPerHour - committedUsdPerHour),
    storeCap: { ...cap, usdPerHour: isUncounted ? 0 : Math.max(0, cap.usdPerHour - uncounted) },
  };
}

function capAt(
  { usdPerHour, usdPerDay, hoursPerInstance }: ApiKeyLimits,
  todayUsd: number,
  nowMs: number,
): KeyBudget['cap'] {
  if (usdPerDay === null) return { usdPerHour, limit: 'usdPerHour' };
  const hoursLeft = (startOfDayMs(dayOf(nowMs) + 1) - nowMs) / HOUR_MS;
  const byDay = Math.max(0, usdPerDay - todayUsd) / Math.min(hoursLeft, hoursPerInstance);
  return byDay < usdPerHour ? { usdPerHour: byDay, limit: 'usdPerDay' } : { usdPerHour, limit: 'usdPerHour' };
}

function hoursSinceAccrual(accruedAt: Timestamp | null, nowMs: number): number {
  if (accruedAt === null) return 0;
  return Math.max(0, nowMs - Math.max(msFromTimestamp(accruedAt), startOfDayMs(dayOf(nowMs)))) / HOUR_MS;
}
