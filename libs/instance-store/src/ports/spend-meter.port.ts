import type { Timestamp } from '@app/platform';
import type { InstanceId } from '../record/identity.js';
import type { InstanceStatus } from '../record/instance-status.js';

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
  /** Accrued on that day of UTC, by day number (days since 1970). */
  readonly spentByDay: ReadonlyMap<number, number>;
  /**
   * The money that was not billed because auto-stop had stopped an instance: its price times that time, as far as it is
   * accrued.
   */
  readonly savedByDay: ReadonlyMap<number, number>;
  /** The same since the fleet's first day, including days whose own sums are no longer kept. */
  readonly savedInAllUsd: number;
  /**
   * When all running ones were last accrued; null before the first time. The spend since then is not in the days
   * yet, except of instances that ended or changed their price in between.
   */
  readonly accruedAt: Timestamp | null;
}

/** One day (days since 1970) or one month (12 times the year plus the month from 0) of UTC. */
export type SpendPeriod =
  | { readonly kind: 'day'; readonly day: number }
  | { readonly kind: 'month'; readonly month: number };

export interface InstanceSpend {
  readonly id: InstanceId;
  /** As far as it is accrued. */
  readonly usd: number;
}

/** By what the spend of a day is divided. */
export const SPEND_PARTS = ['owner', 'product'] as const;
export type SpendPart = (typeof SPEND_PARTS)[number];

/** What one instance has cost and saved on one day of UTC, as far as it is accrued; USD. */
export interface InstanceDay {
  /** Days since 1970. */
  readonly day: number;
  readonly usd: number;
  readonly savedUsd: number;
}

/** What an instance costs its owner, from when it is asked for. */
export interface OwnerCommitment {
  /** Null where nobody knows the price. */
  readonly usdPerHour: number | null;
  /** When its lifetime ends it, in epoch milliseconds; null where nothing does. */
  readonly endsMs: number | null;
}

/** Of the instances of one owner, by id. */
export type OwnerCommitments = ReadonlyMap<InstanceId, OwnerCommitment>;

/**
 * Measures what the instances cost and what auto-stop saves. All methods throw `StoreUnavailableError` when the store
 * cannot be reached.
 */
export abstract class SpendMeter {
  /**
   * What the meters say now and, by day, for 62 days from `sinceDay` on. One round trip; costs the same at every fleet
   * size. Sums are kept for 400 days.
   */
  abstract read(sinceDay: number): Promise<SpendReading>;

  /**
   * What the instances have cost in a day or a month, the dearest first; those that are gone by now are among them. One
   * round trip, and in proportion to `limit`. Days are kept for a week, months for three.
   */
  abstract byInstance(period: SpendPeriod, limit: number): Promise<readonly InstanceSpend[]>;

  /**
   * What each of these days has cost by who made the instances, or by product, as far as it is accrued; USD by name, in the
   * order of the days. `unknown` where none is known. Days are kept for two months; those of before this was kept are empty,
   * so the parts of a day may come to less than its whole. One round trip.
   * @param days days since 1970
   */
  abstract parts(by: SpendPart, days: readonly number[]): Promise<readonly ReadonlyMap<string, number>[]>;

  /**
   * What the instances of an owner cost and will cost, as a write under a cap counts it. Records that no write of this version has
   * touched are missing, and what is kept of an instance without a record is dropped. One round trip; in proportion to the live instances of the owner.
   * @param owner as `ownerOf` says it
   */
  abstract commitments(owner: string): Promise<OwnerCommitments>;

  /** The days on which an instance has cost or saved anything, the oldest first; kept for 40 days. One round trip. */
  abstract daysOf(id: InstanceId, sinceDay: number): Promise<readonly InstanceDay[]>;

  /**
   * Accrues what the running instances have cost, and those stopped by auto-stop have saved, since the last time. Goes
   * through the fleet in batches; safe to be cut off and to run twice. The write that ends an
   * instance, or changes its price, accrues it too; times count from write to write.
   * @throws the signal's reason, between two batches
   */
  abstract accrue(now: Timestamp, signal: AbortSignal): Promise<void>;
}
