/** What is urgent goes before what is not and is due up to so much earlier. */
export const URGENT_LEAD_MS = 60_000;

/** BullMQ's priorities are whole numbers up to here; a lower one goes first, 0 before all. */
const MAX_PRIORITY = 2 ** 21;

/**
 * The time by which jobs that are due are ordered. Since it grows with the due time, a job is passed only by urgent ones
 * that come within the lead, however many come later: no flood of stops starves the creates.
 */
export function rankMs(dueMs: number, urgent: boolean): number {
  return urgent ? dueMs : dueMs + URGENT_LEAD_MS;
}

/** The same order in BullMQ's numbers: the minute of the rank. They begin anew every four years, for a minute out of order. */
export function bullMqPriority(dueMs: number, urgent: boolean): number {
  return 1 + (Math.floor(rankMs(dueMs, urgent) / 60_000) % (MAX_PRIORITY - 1));
}
