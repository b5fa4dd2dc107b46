/** What a sync run takes from the settings. Times in ms. */
export abstract class RunOptions {
  /** How long the lock outlives its last renewal. */
  abstract readonly lockTtlMs: number;
  /** From one scheduled run to the next; the longest pause before a retry too. */
  abstract readonly intervalMs: number;
  /** Whether runs are scheduled. */
  abstract readonly automatic: boolean;
}
