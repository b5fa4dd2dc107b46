export const DAY_MS = 86_400_000;

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

/** Days that one reading of the meters tells of. */
const DAYS_READ = 62;

export function daysFrom(sinceDay: number): number[] {
  return Array.from({ length: DAYS_READ }, (_, i) => sinceDay + i);
}
