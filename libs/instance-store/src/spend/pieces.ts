import { DAY_MS, dayOf, startOfDayMs } from './utc-days.js';

const HOUR_MS = 3_600_000;
/** Days of which sums are kept, and of which a time that was never booked is booked at most. */
export const DAYS_KEPT = 400;

export interface SpendPiece {
  readonly day: number;
  /** Whole. */
  readonly microUsd: number;
}

/**
 * What a rate comes to between two times, by days of UTC. Each amount is the difference of two sums since the beginning
 * of its day, each rounded down: so pieces of one rate that follow on each other add up to the same however the time
 * is cut. `bookPiece` in meters.lua does the same where Redis alone knows until when it was booked.
 *
 * @param rate micro-USD per hour
 */
export function piecesOf(rate: number, fromMs: number, untilMs: number): SpendPiece[] {
  const pieces: SpendPiece[] = [];
  let from = Math.max(fromMs, untilMs - DAYS_KEPT * DAY_MS);
  while (from < untilMs) {
    const day = dayOf(from);
    const start = startOfDayMs(day);
    const until = Math.min(untilMs, start + DAY_MS);
    pieces.push({ day, microUsd: sinceMidnight(rate, until - start) - sinceMidnight(rate, from - start) });
    from = until;
  }
  return pieces;
}

function sinceMidnight(rate: number, ms: number): number {
  return Math.floor((rate * ms) / HOUR_MS);
}
