import { DAY_MS, MINUTE_MS, msFromTimestamp, parseTimestamp, type Timestamp } from '@app/platform';
import type { InstanceRecord } from './instance.js';
import { acceptsStop } from './instance-status.js';
import { type HeldStop, nextOfHeldStop, openHold } from './stop-hold.js';

/*
 * The lifetime of an instance: a hard end, whatever its use. Pure. It counts from the creation, so no start renews it, and
 * the end follows from the record, so no write can forget it. The life cycle stops what is over.
 */

/** As long as an instance may ask for; it counts from the creation, and instances grow old. */
export const LONGEST_LIFETIME_MS = 3_650 * DAY_MS;

type Lived = Pick<InstanceRecord, 'maxLifetimeMinutes' | 'timestamps'>;

/**
 * When its lifetime ends.
 * @returns null for one without an end. Callers cannot set 0; a document that holds it, or no number, has none: never "at once"
 */
export function lifetimeEndsAt({ maxLifetimeMinutes, timestamps }: Lived): Timestamp | null {
  const ms = typeof maxLifetimeMinutes === 'number' ? Math.ceil(maxLifetimeMinutes * MINUTE_MS) : 0;
  return ms > 0 ? parseTimestamp(msFromTimestamp(timestamps.created) + Math.min(ms, LONGEST_LIFETIME_MS)) : null;
}

/** @param now epoch milliseconds */
export function isLifetimeOver(record: Lived, now: number): boolean {
  const endsAt = lifetimeEndsAt(record);
  return endsAt !== null && msFromTimestamp(endsAt) <= now;
}

/**
 * When the end of its lifetime has to be looked after: at the end, or with a hold that is under way then.
 * @returns epoch milliseconds; null while there is nothing to stop, and while Novita moves it, which nothing interrupts
 */
export function lifetimeDueMs(record: InstanceRecord): number | null {
  const endsAt = lifetimeEndsAt(record);
  if (endsAt === null || !isStoppable(record)) return null;
  const hold = openHold(record);
  const endMs = msFromTimestamp(endsAt);
  // The call-off of another hold cannot wait for its end.
  if (hold?.by !== 'max-lifetime') return endMs;
  return Math.max(endMs, msFromTimestamp(record.deadlines.holdUntil ?? hold.until));
}

/** What is next of the end of a lifetime: as for every stop that endpoints may hold, but that it waits for no other one. */
export type NextOfLifetime = 'nothing' | 'call-off' | 'ask' | 'stop';

/** @param now epoch milliseconds */
export function nextOfLifetime(record: InstanceRecord, now: number): NextOfLifetime {
  const endsAt = lifetimeEndsAt(record);
  if (endsAt === null || msFromTimestamp(endsAt) > now || !isStoppable(record)) {
    // It was lengthened or removed, or the instance is on the move.
    return openHold(record)?.by === 'max-lifetime' ? 'call-off' : 'nothing';
  }
  const next = nextOfHeldStop(record, endOfLifetime(endsAt), now);
  switch (next) {
    case 'go-on':
      return 'stop';
    case 'wait':
      return 'nothing';
    case 'ask':
    case 'call-off':
      return next;
  }
}

/** Endpoints may hold it once for each end. */
export function endOfLifetime(endsAt: Timestamp): HeldStop {
  return { by: 'max-lifetime', occasion: endsAt };
}

function isStoppable({ origin, desired, status }: InstanceRecord): boolean {
  return origin !== 'discovered' && desired.state === 'running' && acceptsStop(status);
}
