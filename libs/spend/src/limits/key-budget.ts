import {
  costInDay,
  type DayCap,
  dayOf,
  type InstanceId,
  type OwnerCommitment,
  type OwnerCommitments,
  startOfDayMs,
} from '@app/instance-store';
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
  /** What of the day's limit is neither spent nor committed until midnight, below 0 where that is too much; null without such a limit. */
  readonly leftTodayUsd: number | null;
  /** For an instance that lives as long as the key allows, and by which of its limits. */
  readonly leftUsdPerHour: number;
  readonly leftBy: 'usdPerHour' | 'usdPerDay';
  /** What its instances may cost in the rest of the day together, for the write that begins one; null without a limit of the day. */
  readonly day: DayCap | null;
  /** What the records show beyond what the store counts, which knows nothing of it. */
  readonly uncounted: {
    readonly usdPerHour: number;
    readonly todayUsd: number;
    readonly unpriced: readonly InstanceId[];
  };
}

/**
 * What a key with limits may still begin. Pure.
 *
 * The day's limit holds what is spent, and what each instance costs from now on until its lifetime ends or the day does: one that
 * ends by itself binds no more of the day than it can cost. What has no end, or is past it, counts until midnight.
 *
 * @param recorded what the records of the owner show, which have those that were last written by a release that kept no commitments
 * @param nowMs epoch milliseconds
 */
export function keyBudget(
  { usdPerHour, usdPerDay, hoursPerInstance }: ApiKeyLimits,
  { commitments, todayUsd: accruedUsd, accruedAt }: OwnerSpend,
  recorded: OwnerCommitments,
  nowMs: number,
): KeyBudget {
  const rest = { fromMs: nowMs, untilMs: startOfDayMs(dayOf(nowMs) + 1) };
  const counted = sumOf(commitments.values(), rest);
  const uncounted = uncountedOf(commitments, recorded, rest);
  const committedUsdPerHour = counted.usdPerHour + uncounted.usdPerHour;
  const unpriced = counted.unpriced + uncounted.unpriced.length;
  const todayUsd = accruedUsd + committedUsdPerHour * hoursSinceAccrual(accruedAt, nowMs);
  const day = usdPerDay === null ? null : { ...rest, leftUsd: usdPerDay - todayUsd };
  const leftTodayUsd = day === null ? null : day.leftUsd - counted.todayUsd - uncounted.todayUsd;
  const byHour = usdPerHour - committedUsdPerHour;
  const hoursToCome = costInDay(1, nowMs + hoursPerInstance * HOUR_MS, rest);
  const byDay = leftTodayUsd === null ? Number.POSITIVE_INFINITY : leftTodayUsd / hoursToCome;
  return {
    committedUsdPerHour,
    unpriced,
    todayUsd,
    leftTodayUsd,
    leftUsdPerHour: unpriced > 0 ? 0 : Math.max(0, Math.min(byHour, byDay)),
    leftBy: byDay < byHour ? 'usdPerDay' : 'usdPerHour',
    day,
    uncounted,
  };
}

type RestOfDay = Omit<DayCap, 'leftUsd'>;

interface CommitmentSum {
  readonly usdPerHour: number;
  readonly todayUsd: number;
  readonly unpriced: number;
}

function sumOf(commitments: Iterable<OwnerCommitment>, rest: RestOfDay): CommitmentSum {
  const sum = { usdPerHour: 0, todayUsd: 0, unpriced: 0 };
  for (const { usdPerHour, endsMs } of commitments) {
    if (usdPerHour === null) {
      sum.unpriced += 1;
      continue;
    }
    sum.usdPerHour += usdPerHour;
    sum.todayUsd += costInDay(usdPerHour, endsMs, rest);
  }
  return sum;
}

/** One by one: of two sums the one would hide what the other lacks. */
function uncountedOf(counted: OwnerCommitments, recorded: OwnerCommitments, rest: RestOfDay): KeyBudget['uncounted'] {
  const unpriced: InstanceId[] = [];
  let [perHour, todayUsd] = [0, 0];
  for (const [id, { usdPerHour, endsMs }] of recorded) {
    const known = counted.get(id);
    if (known?.usdPerHour === null) continue;
    if (usdPerHour === null) {
      unpriced.push(id);
      continue;
    }
    const more = Math.max(0, usdPerHour - (known?.usdPerHour ?? 0));
    perHour += more;
    todayUsd += costInDay(more, endsMs, rest);
  }
  return { usdPerHour: perHour, todayUsd, unpriced };
}

function hoursSinceAccrual(accruedAt: Timestamp | null, nowMs: number): number {
  if (accruedAt === null) return 0;
  return Math.max(0, nowMs - Math.max(msFromTimestamp(accruedAt), startOfDayMs(dayOf(nowMs)))) / HOUR_MS;
}
