import { DAY_MS, HOUR_MS } from '@app/platform';
/** Sums are kept for so many days, and at most so many days are accrued at once. */
export const DAYS_KEPT = 400;

export interface SpendPiece {
  readonly day: number;
  /** Whole. */
  readonly microUsd: number;
}

/**
 * The amount that a rate comes to between two times, by days of UTC. Each amount is the difference of two sums since
 * the beginning of its day, each rounded down: so pieces of one rate that follow on each other add up to the same,
 * however the time is cut. `accruePiece` in meters.lua does the same where Redis alone knows the time of the last
 * accrual.
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

/** The day of UTC, as days since 1970. */
export function dayOf(epochMs: number): number {
  return Math.floor(epochMs / DAY_MS);
}

export function startOfDayMs(day: number): number {
  return day * DAY_MS;
}

/** The month of UTC that a day lies in, as 12 times the year plus the month from 0. */
export function monthOf(day: number): number {
  const date = new Date(startOfDayMs(day));
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

export function firstDayOfMonth(month: number): number {
  return dayOf(Date.UTC(Math.floor(month / 12), month % 12));
}

/** Days that one reading of the meters covers. */
const DAYS_READ = 62;

export function daysFrom(sinceDay: number): number[] {
  return Array.from({ length: DAYS_READ }, (_, i) => sinceDay + i);
}
