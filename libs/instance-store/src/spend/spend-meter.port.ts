import type { Timestamp } from '@app/platform';
import type { InstanceSpend, SpendPeriod, SpendReading } from './spend-reading.js';

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
   * Accrues what the running instances have cost, and those stopped by auto-stop have saved, since the last time. Goes
   * through the fleet in batches; safe to be cut off and to run twice. What ends, or changes its price, is accrued by
   * the write that says so; times count from write to write.
   * @throws the signal's reason, between two batches
   */
  abstract accrue(now: Timestamp, signal: AbortSignal): Promise<void>;
}
