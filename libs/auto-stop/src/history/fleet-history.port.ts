import type { Timestamp } from '@app/platform';

/** How the fleet stood at one time. */
export interface FleetSample {
  readonly at: Timestamp;
  /** Instances that may be billed. */
  readonly running: number;
  readonly usdPerHour: number;
}

/** One sample is kept of each minute. */
export const SAMPLE_MS = 60_000;
/** For how long they are kept. */
export const HISTORY_MS = 24 * 3_600_000;
/** Readers get no more than these, which is as much as a chart can show. */
export const HISTORY_POINTS = 144;

/** What the fleet was and cost in the last 24 hours, for charts. The same for all processes. */
export abstract class FleetHistory {
  /**
   * Keeps a sample, in the place of the one of the same minute if there is one: so that there is one however many
   * workers take it.
   * @throws StoreUnavailableError
   */
  abstract record(sample: FleetSample): Promise<void>;

  /**
   * The samples of that minute and of those after it, oldest first; at most 144, evenly thinned, the latest among them.
   * One round trip.
   * @throws StoreUnavailableError
   */
  abstract latest(since: Timestamp): Promise<readonly FleetSample[]>;
}
