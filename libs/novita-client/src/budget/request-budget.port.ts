/** `urgent`: calls that end a bill, and the reads before them. `interactive`: a person waits. */
export type CallPriority = 'urgent' | 'interactive' | 'background';

export interface Grant {
  /** Requests that may be sent now; 0 when none is free. */
  readonly granted: number;
  /** Milliseconds until one more request of that priority can be free; 0 when all that were wanted are granted. */
  readonly waitMs: number;
}

/** How many requests may go to Novita: a token bucket, kept by all processes together or by one for itself. */
export abstract class RequestBudget {
  /**
   * Takes as many permits as are free, without waiting.
   * @param wanted at least 1
   * @param priority each leaves the last permits to those above it
   */
  abstract take(wanted: number, priority: CallPriority): Promise<Grant>;

  /**
   * Grants nothing for that many milliseconds; a longer pause that was asked for before stays.
   * For a service that answers "too many requests".
   */
  abstract pause(ms: number): Promise<void>;
}

export interface BudgetLimits {
  /** Permits a second in the long run. */
  readonly ratePerSecond: number;
  /** Permits that gather while nothing is sent. */
  readonly burst: number;
  /** Permits that calls of a priority leave for those above it. */
  readonly reserve: Readonly<Record<CallPriority, number>>;
}

/** The limits that follow from a rate: two seconds' worth of burst, a quarter of it kept from background calls, an eighth from interactive ones. */
export function budgetLimits(ratePerSecond: number): BudgetLimits {
  const burst = Math.max(1, 2 * ratePerSecond);
  const reserve = { urgent: 0, interactive: Math.floor(burst / 8), background: Math.floor(burst / 4) };
  return { ratePerSecond, burst, reserve };
}
