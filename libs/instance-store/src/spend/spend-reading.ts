import type { Timestamp } from '@app/platform';
import type { InstanceId } from '../instance-id.js';
import type { InstanceStatus } from '../instance-status.js';

/** What the meters say; USD. */
export interface SpendReading {
  /** Per hour, now. */
  readonly now: {
    readonly usdPerHour: number;
    readonly byStatus: Readonly<Partial<Record<InstanceStatus, number>>>;
    /** `unknown` where none is known; so too by product. */
    readonly byRegion: Readonly<Record<string, number>>;
    readonly byProduct: Readonly<Record<string, number>>;
    /** Billing instances whose price nobody knows. */
    readonly unpriced: number;
  };
  /** Booked on that day of UTC, by day number (days since 1970). */
  readonly spentByDay: ReadonlyMap<number, number>;
  /** What was not billed because auto-stop had stopped an instance: its price times that time, as far as it is booked. */
  readonly savedByDay: ReadonlyMap<number, number>;
  /** The same since the fleet's first day, also of days whose own sums are kept no more. */
  readonly savedInAllUsd: number;
  /**
   * When the running ones were last booked, all of them; null before the first time. What has been spent since is not
   * in the days yet, but for what ended or changed its price in between.
   */
  readonly bookedAt: Timestamp | null;
}

/** One day (days since 1970) or one month (12 times the year plus the month from 0) of UTC. */
export type SpendPeriod =
  | { readonly kind: 'day'; readonly day: number }
  | { readonly kind: 'month'; readonly month: number };

export interface InstanceSpend {
  readonly id: InstanceId;
  /** As far as it is booked. */
  readonly usd: number;
}
