import { msFromTimestamp, type Timestamp } from '@app/platform';
import { SAMPLE_MS } from './fleet-history.port.js';

/** The beginning of the minute of an instant, in epoch milliseconds. */
export function minuteOf(at: Timestamp): number {
  const ms = msFromTimestamp(at);
  return ms - (ms % SAMPLE_MS);
}
