import { type IdleClock, stopAtMs } from '@app/instance-store';
import { parseTimestamp, type Timestamp } from '@app/platform';

/**
 * When an instance is to be stopped as idle, if nothing happens until then.
 *
 * @param clock null while being unused does not count against it
 * @returns null when it is not to be stopped, or in a time beyond what a date can say
 */
export function autoStopAt(clock: IdleClock | null, lastUsedAt: Timestamp | null): Timestamp | null {
  return clock === null ? null : parseTimestamp(stopAtMs(clock, lastUsedAt));
}
