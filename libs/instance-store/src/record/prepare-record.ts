import type { InstanceRecord } from '../instance.js';
import { parseRecord } from './parse-record.js';

export interface PreparedRecord {
  /** As every reader will get it. Deeply frozen. */
  readonly record: InstanceRecord;
  readonly json: string;
  readonly warnings: readonly string[];
}

/**
 * Makes the document that is stored. It is read back at once, so that what is stored can be read, and shares nothing
 * with the caller's object.
 *
 * @throws CorruptRecordError for an object that is no record
 */
export function prepareRecord(next: InstanceRecord): PreparedRecord {
  const json = JSON.stringify(next);
  const { record, warnings } = parseRecord(json, next.id);
  return { record, json: warnings.length === 0 ? json : JSON.stringify(record), warnings };
}
