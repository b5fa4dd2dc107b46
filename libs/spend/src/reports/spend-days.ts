import {
  costMicro,
  costOf,
  dayOf,
  type InstanceDay,
  type InstanceRecord,
  meterOf,
  SpendMeter,
  type SpendPart,
  type SpendReading,
  startOfDayMs,
  usdFromMicro,
} from '@app/instance-store';
import { Clock, type Timestamp, timestampFromMs } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { sinceAccrualUsd } from './spend-up-to.js';

/** Parts of a day are kept for two months, the days of one instance for 40 days. */
export const MOST_DAYS = 62;
const DAYS_OF_INSTANCE = 35;

export interface SpendDay {
  /** Days since 1970. */
  readonly day: number;
  /** Today up to now. */
  readonly usd: number;
  readonly savedUsd: number;
  /** As far as they are accrued, and since they are kept: they may come to less than the whole. */
  readonly parts: ReadonlyMap<string, number>;
}

export interface InstanceSpendDays {
  readonly asOf: Timestamp;
  /** In all, since it is counted. */
  readonly usd: number;
  readonly usdPerHour: number;
  /** From when on it is counted; null when it has never cost anything. */
  readonly countedFrom: Timestamp | null;
  /** The oldest first; those without cost and savings are left out. */
  readonly days: readonly InstanceDay[];
}

/** What the fleet has cost, and what one instance has, day by day. Days of UTC. */
@Injectable()
export class SpendDays {
  constructor(
    private readonly meter: SpendMeter,
    private readonly clock: Clock,
  ) {}

  /**
   * The latest days, the oldest first and today the last. Two round trips, whatever the fleet's size.
   * @param count 1 to `MOST_DAYS`
   * @throws StoreUnavailableError
   */
  async latest(count: number, by: SpendPart): Promise<readonly SpendDay[]> {
    const nowMs = this.clock.now();
    const today = dayOf(nowMs);
    const days = Array.from({ length: count }, (_, i) => today - count + 1 + i);
    const [reading, parts] = await Promise.all([this.meter.read(today - count + 1), this.meter.parts(by, days)]);
    return days.map((day, place) => ({
      day,
      usd: (reading.spentByDay.get(day) ?? 0) + (day === today ? upToNow(reading, reading.now.usdPerHour, nowMs) : 0),
      savedUsd: reading.savedByDay.get(day) ?? 0,
      parts: parts[place] ?? new Map(),
    }));
  }

  /** Two round trips. @throws StoreUnavailableError */
  async ofInstance(record: InstanceRecord): Promise<InstanceSpendDays> {
    const nowMs = this.clock.now();
    const today = dayOf(nowMs);
    const [reading, accrued] = await Promise.all([
      this.meter.read(today),
      this.meter.daysOf(record.id, today - DAYS_OF_INSTANCE + 1),
    ]);
    const { meter, rate } = meterOf(record);
    const usdPerHour = meter === 'billing' ? usdFromMicro(rate) : 0;
    const cost = costOf(record);
    return {
      asOf: timestampFromMs(nowMs),
      usd: cost === null ? 0 : usdFromMicro(costMicro(cost, nowMs)),
      usdPerHour,
      countedFrom: cost === null ? null : timestampFromMs(cost.fromMs),
      days: withToday(accrued, today, upToNow(reading, usdPerHour, nowMs)),
    };
  }
}

/** What has been spent today since the last accrual. */
function upToNow(reading: SpendReading, usdPerHour: number, nowMs: number): number {
  return sinceAccrualUsd(reading, usdPerHour, startOfDayMs(dayOf(nowMs)), nowMs);
}

function withToday(days: readonly InstanceDay[], today: number, usd: number): readonly InstanceDay[] {
  if (usd === 0) return days;
  const accrued = days.find(({ day }) => day === today) ?? { day: today, usd: 0, savedUsd: 0 };
  return [...days.filter(({ day }) => day !== today), { ...accrued, usd: accrued.usd + usd }];
}
