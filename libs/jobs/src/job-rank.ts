/**
 * What is urgent goes before what is not and became due up to so much earlier. Long enough for a queue of a thousand
 * creates under a small request budget, since a stop that waits behind them costs money all the while.
 */
export const URGENT_LEAD_MS = 3_600_000;

/** BullMQ's priorities are whole numbers up to here; a lower one goes first, 0 before all. */
const MAX_PRIORITY = 2 ** 21;

/**
 * The time by which jobs that are due are ordered. Since it grows with the due time, a job is passed only by urgent ones
 * that come within the lead, however many come later: no flood of stops starves the creates.
 */
export function rankMs(dueMs: number, urgent: boolean): number {
  return urgent ? dueMs : dueMs + URGENT_LEAD_MS;
}

/**
 * The same order in BullMQ's numbers: the minute of the rank, and within it the order of arrival. The numbers begin anew
 * every four years; what waits at that minute is passed by what comes later until the queue is empty once.
 */
export function bullMqPriority(dueMs: number, urgent: boolean): number {
  return 1 + (Math.floor(rankMs(dueMs, urgent) / 60_000) % (MAX_PRIORITY - 1));
}
