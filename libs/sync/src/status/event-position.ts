import { InvalidEventIdError } from './sync-status-store.port.js';

/** Of the position before the first event. */
export const BEFORE_FIRST_EVENT = '0-0';

/** An event's place in time: milliseconds, and a count within them. */
export type EventPosition = readonly [ms: number, n: number];

/**
 * @param eventId may come from a client
 * @throws InvalidEventIdError
 */
export function eventPosition(eventId: string): EventPosition {
  const parts = /^(\d{1,15})-(\d{1,15})$/.exec(eventId);
  if (parts === null) throw new InvalidEventIdError('not the id of an event of the sync');
  return [Number(parts[1]), Number(parts[2])];
}

export function isAfter([ms, n]: EventPosition, [otherMs, otherN]: EventPosition): boolean {
  return ms > otherMs || (ms === otherMs && n > otherN);
}
