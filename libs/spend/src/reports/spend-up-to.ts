import { dayOf, firstDayOfMonth, monthOf, type SpendReading, startOfDayMs } from '@app/instance-store';
import { HOUR_MS, msFromTimestamp } from '@app/platform';

/** USD, by days and months of UTC. */
export interface SpendUpTo {
  readonly todayUsd: number;
  readonly monthUsd: number;
  /** As far as it is accrued, like the rest. */
  readonly accruedTodayUsd: number;
  readonly savedTodayUsd: number;
  readonly savedMonthUsd: number;
}

/**
 * The spend up to now: the accrued amount, and since the last accrual what runs now at its price. So what began in
 * between counts from that accrual on, which the next accrual puts right.
 */
export function spendUpTo(reading: SpendReading, nowMs: number): SpendUpTo {
  const { now, spentByDay, savedByDay } = reading;
  const today = dayOf(nowMs);
  const firstDay = firstDayOfMonth(monthOf(today));
  const sinceAccrual = (fromMs: number): number => sinceAccrualUsd(reading, now.usdPerHour, fromMs, nowMs);
  const accruedTodayUsd = spentByDay.get(today) ?? 0;
  return {
    todayUsd: accruedTodayUsd + sinceAccrual(startOfDayMs(today)),
    monthUsd: sumOf(spentByDay, firstDay, today) + sinceAccrual(startOfDayMs(firstDay)),
    accruedTodayUsd,
    savedTodayUsd: savedByDay.get(today) ?? 0,
    savedMonthUsd: sumOf(savedByDay, firstDay, today),
  };
}

/** The cost of something since the last accrual, or since `fromMs` if that is later. */
export function sinceAccrualUsd(
  { accruedAt }: SpendReading,
  usdPerHour: number,
  fromMs: number,
  nowMs: number,
): number {
  if (accruedAt === null) return 0;
  return (usdPerHour * Math.max(0, nowMs - Math.max(msFromTimestamp(accruedAt), fromMs))) / HOUR_MS;
}

function sumOf(byDay: ReadonlyMap<number, number>, firstDay: number, lastDay: number): number {
  let sum = 0;
  for (const [day, usd] of byDay) if (day >= firstDay && day <= lastDay) sum += usd;
  return sum;
}
