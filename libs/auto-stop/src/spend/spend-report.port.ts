import type { InstanceId, InstanceStatus } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import type { IdleCost } from './idle-cost.js';

export interface SpendOfInstance {
  readonly id: InstanceId;
  /** Null when its record is gone. */
  readonly name: string | null;
  readonly usd: number;
}

/** What is worth knowing at a glance. */
export interface SpendSummary {
  readonly asOf: Timestamp;
  /** What runs and what is billed though it is stopped, together. */
  readonly costUsdPerHour: number;
  readonly runningUsdPerHour: number;
  /** Monthly ones that stand still: the month is paid. */
  readonly billedThoughStoppedUsdPerHour: number;
  /** Running instances whose price is not known; they are in no sum. */
  readonly unpriced: number;
  /** This day of UTC, up to now. */
  readonly todayUsd: number;
  readonly savedTodayUsd: number;
  /** As it was last measured; null before the first time. */
  readonly idle: IdleCost | null;
  readonly limit: { readonly dailyUsd: number; readonly enforced: boolean; readonly reached: boolean } | null;
}

export interface SpendReport extends SpendSummary {
  readonly byStatus: Readonly<Partial<Record<InstanceStatus, number>>>;
  readonly byRegion: Readonly<Record<string, number>>;
  readonly byProduct: Readonly<Record<string, number>>;
  /**
   * Days and months of UTC; what runs is counted up to now, since the last booking by what runs at this moment: so the
   * sums, so the instances. What is saved is told as far as it is booked.
   */
  readonly monthUsd: number;
  readonly today: readonly SpendOfInstance[];
  readonly month: readonly SpendOfInstance[];
  readonly savedMonthUsd: number;
}

export abstract class SpendReports {
  /** @param limit instances named for each period, the dearest first */
  abstract report(limit: number): Promise<SpendReport>;

  /** Without the instances: two reads, whatever the fleet's size. @throws StoreUnavailableError */
  abstract summary(): Promise<SpendSummary>;

  /**
   * To be asked before an instance is created. Costs nothing without a limit, and a round trip once in two seconds with
   * one. When the store cannot be reached nothing is refused: the create will say so.
   * @throws Problem `spend-limit-reached` (402) when the limit is enforced and today's spend has reached it
   */
  abstract assertWithinLimit(): Promise<void>;
}
