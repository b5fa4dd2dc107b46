import { Injectable } from '@nestjs/common';
import type { Brand } from './ids.js';

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/**
 * An instant as `YYYY-MM-DDTHH:mm:ss.sssZ`, always UTC with milliseconds. Fixed width makes string order time order,
 * in TypeScript and in Redis scripts alike.
 */
export type Timestamp = Brand<string, 'Timestamp'>;

const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * @param epochMs milliseconds since 1970
 * @throws RangeError when the number is not an instant in the years 1970 to 9999
 */
export function timestampFromMs(epochMs: number): Timestamp {
  if (!isRepresentable(epochMs)) throw new RangeError(`not an instant: ${epochMs}`);
  return new Date(epochMs).toISOString() as Timestamp;
}

/** Milliseconds since 1970 of a time stamp that was made by this file. */
export function msFromTimestamp(timestamp: Timestamp): number {
  return Date.parse(timestamp);
}

/**
 * Reads an instant from outside: an ISO 8601 string with `Z` or an offset, epoch milliseconds or a Date.
 * @returns null for everything else, an invalid date included; never throws
 */
export function parseTimestamp(value: unknown): Timestamp | null {
  let epochMs: number;
  if (value instanceof Date) epochMs = value.getTime();
  else if (typeof value === 'number') epochMs = value;
  else if (typeof value === 'string' && instantViolation(value) === null) epochMs = Date.parse(value);
  else return null;
  return isRepresentable(epochMs) ? (new Date(epochMs).toISOString() as Timestamp) : null;
}

function isRepresentable(epochMs: number): boolean {
  return Number.isFinite(epochMs) && epochMs >= 0 && epochMs <= LATEST_MS;
}

/** The time of day. Injected, so that rules about time are tested without waiting. */
export abstract class Clock {
  /** Milliseconds since 1970. */
  abstract now(): number;

  timestamp(): Timestamp {
    return timestampFromMs(this.now());
  }
}

@Injectable()
export class SystemClock extends Clock {
  override now(): number {
    return Date.now();
  }
}

const INSTANT =
  /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})T(?<hour>\d{2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:\.\d{1,9})?)?(?<zone>Z|[+-]\d{2}:?\d{2})?$/;
const EXAMPLE = '2026-03-01T10:00:00Z or 2026-03-01T18:00:00+08:00';

/**
 * The violation of a text that should be an instant; null for nothing. A time without an offset would be read in the
 * zone of the server, and a day that no month has would become another day.
 */
export function instantViolation(text: string): string | null {
  const match = INSTANT.exec(text);
  if (match === null) return `must be a date with a time and an offset, such as ${EXAMPLE}`;
  const { year, month, day, hour, minute, second = '0', zone } = match.groups ?? {};
  if (zone === undefined) return `must end in Z or in an offset such as +08:00, as in ${EXAMPLE}`;
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const isDay = within(month, 1, 12) && within(day, 1, days);
  const isTime = within(hour, 0, 23) && within(minute, 0, 59) && within(second, 0, 59);
  const isOffset = zone === 'Z' || (within(zone.slice(1, 3), 0, 23) && within(zone.slice(-2), 0, 59));
  return isDay && isTime && isOffset ? null : 'must be a date and a time that exist';
}

function within(digits: string | undefined, min: number, max: number): boolean {
  const value = Number(digits);
  return value >= min && value <= max;
}

const IMF_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Reads a `Retry-After` header: whole seconds or an HTTP date (RFC 9110, 10.2.3).
 * @param nowMs milliseconds since 1970
 * @param longestMs what a longer wait is cut to, however many digits it has
 * @returns milliseconds from now, 0 for a date gone by; null when absent or invalid
 */
export function parseRetryAfter(header: string | null, nowMs: number, longestMs: number): number | null {
  const text = header?.trim() ?? '';
  let waitMs: number;
  if (/^\d+$/.test(text)) waitMs = Number(text) * 1_000;
  else if (IMF_DATE.test(text)) waitMs = Date.parse(text) - nowMs;
  else return null;
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), longestMs);
}
