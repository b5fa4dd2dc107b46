import type { Brand } from '../brand.js';
import { instantViolation } from './instant.js';

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
