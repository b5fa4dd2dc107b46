import type { IdleRules } from '../idle/idle-clock.js';
import { type IdleState, idleStateOf } from '../idle/idle-state.js';
import type { InstanceRecord } from '../instance.js';
import { isInstanceId } from '../instance-id.js';
import { isTimestamp } from './clean-timestamps.js';
import { type IndexEntry, indexEntryOf } from './index-entry.js';
import type { NewInstanceRecord } from './instance-records.port.js';
import { parseRecord } from './parse-record.js';

/** What of a record depends on the settings. */
export interface RecordRules {
  /** By what instances count as idle. */
  readonly rules: IdleRules;
  /** How long a stop or delete may wait for the provider's agreement. */
  readonly confirmPatienceMs: number;
}

/** A record in the form that is kept, with all that is derived from it. */
export interface PreparedRecord {
  /** As every reader will get it. Deeply frozen, unless it is one of an import. */
  readonly record: InstanceRecord;
  readonly json: string;
  readonly entry: IndexEntry;
  readonly idle: IdleState;
  readonly warnings: readonly string[];
}

/**
 * Makes the document that is stored. It is read back at once, so that what is stored can be read, and shares nothing
 * with the caller's object.
 *
 * @throws CorruptRecordError for an object that is no record
 */
export function prepareRecord(next: InstanceRecord, { rules, confirmPatienceMs }: RecordRules): PreparedRecord {
  const json = JSON.stringify(next);
  const { record, warnings } = parseRecord(json, next.id);
  return {
    record,
    json: warnings.length === 0 ? json : JSON.stringify(record),
    entry: indexEntryOf(record, confirmPatienceMs),
    idle: idleStateOf(record, rules),
    warnings,
  };
}

/**
 * Does what `prepareRecord` does for a record of which the caller keeps the object and the store only the document: it
 * is not read back, which would cost more than all the rest of an import. Only the instants that the index entry rests
 * on must be right at once; readers repair the others.
 *
 * @throws CorruptRecordError for an object that is no record
 */
export function prepareImport(imported: NewInstanceRecord, rules: RecordRules): PreparedRecord {
  const record: InstanceRecord = { ...imported, revision: 1 };
  if (!isIndexable(record)) return prepareRecord(record, rules);
  const entry = indexEntryOf(record, rules.confirmPatienceMs);
  return { record, json: JSON.stringify(record), entry, idle: { status: record.status, clock: null }, warnings: [] };
}

function isIndexable({ id, timestamps, desired, deadlines, origin, status }: InstanceRecord): boolean {
  // Idleness may count against it, which rests on more instants than the rest of its entry.
  if (origin !== 'discovered' && status === 'ready') return false;
  if (!isInstanceId(id) || !isTimestamp(timestamps.created) || !isTimestamp(desired.at)) return false;
  return Object.values(deadlines).every(isTimestamp);
}
