import { dayOf, firstDayOfMonth, monthOf, type SpendReading, startOfDayMs } from '@app/instance-store';
import { msFromTimestamp } from '@app/platform';

const HOUR_MS = 3_600_000;

/** USD, by days and months of UTC. */
export interface SpendUpTo {
  readonly todayUsd: number;
  readonly monthUsd: number;
  /** As far as it is booked, like the rest. */
  readonly bookedTodayUsd: number;
  readonly savedTodayUsd: number;
  readonly savedMonthUsd: number;
}

/**
 * What has been spent up to now: what is booked, and since the last booking what runs now at its price. So what began
 * in between counts from that booking on, which the next booking puts right.
 */
export function spendUpTo({ now, spentByDay, savedByDay, bookedAt }: SpendReading, nowMs: number): SpendUpTo {
  const today = dayOf(nowMs);
  const firstDay = firstDayOfMonth(monthOf(today));
  const bookedMs = bookedAt === null ? nowMs : msFromTimestamp(bookedAt);
  const sinceBooked = (fromMs: number): number =>
    (now.usdPerHour * Math.max(0, nowMs - Math.max(bookedMs, fromMs))) / HOUR_MS;
  const bookedTodayUsd = spentByDay.get(today) ?? 0;
  return {
    todayUsd: bookedTodayUsd + sinceBooked(startOfDayMs(today)),
    monthUsd: sumOf(spentByDay, firstDay, today) + sinceBooked(startOfDayMs(firstDay)),
    bookedTodayUsd,
    savedTodayUsd: savedByDay.get(today) ?? 0,
    savedMonthUsd: sumOf(savedByDay, firstDay, today),
  };
}

function sumOf(byDay: ReadonlyMap<number, number>, firstDay: number, lastDay: number): number {
  let sum = 0;
  for (const [day, usd] of byDay) if (day >= firstDay && day <= lastDay) sum += usd;
  return sum;
}
