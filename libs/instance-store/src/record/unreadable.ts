import type { Sighting } from '@app/redis';
import { type CorruptRecordError, NewerRecordError } from './parse-record.js';

/** Takes what a store could not read; see `QuarantineReporter`. */
export type ReportUnreadable = (sighting: Sighting) => void;

export function unreadableRecord(error: CorruptRecordError): Sighting {
  const kind = error instanceof NewerRecordError ? 'record-newer' : 'record';
  return { kind, key: error.key, reason: error.reason };
}
