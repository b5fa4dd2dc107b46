/**
 * When a schedule whose period changes runs next: not later than it was to, and not later than one new period from now.
 * So processes that disagree about the period, as in a rolling update, make it neither run at every turn nor starve.
 * @param dueMs when it was to run next
 * @returns ms since 1970; in the past for one that is overdue
 */
export const nextRunUnder = (everyMs: number, dueMs: number, nowMs: number): number => Math.min(dueMs, nowMs + everyMs);
