import type { IdleRules } from '../idle/idle-clock.js';
import { idleStateOf, idleStateText } from '../idle/idle-state.js';
import type { InstanceRecord } from '../instance.js';
import { isInstanceId } from '../instance-id.js';
import type { NewInstanceRecord } from '../instance-store.port.js';
import { type IndexEntry, indexEntryOf } from '../listing/index-entry.js';
import { isTimestamp } from './clean-timestamps.js';
import { prepareRecord } from './prepare-record.js';

/** A record to be inserted of which the caller keeps the object and the store only the document. */
export interface PreparedImport {
  readonly json: string;
  readonly entry: IndexEntry;
  /** As `idleStateText` says it. */
  readonly state: string;
  readonly warnings: readonly string[];
}

/**
 * Does what `prepareRecord` does for a record that is written once and not handed on: it is not read back, which would
 * cost more than all the rest of an import. Only the instants that the indexes rest on must be right at once; readers
 * repair the others.
 *
 * @throws CorruptRecordError for an object that is no record
 */
export function prepareImport(
  imported: NewInstanceRecord,
  { rules, confirmPatienceMs }: { readonly rules: IdleRules; readonly confirmPatienceMs: number },
): PreparedImport {
  const record: InstanceRecord = { ...imported, revision: 1 };
  if (isIndexable(record)) {
    const entry = indexEntryOf(record, confirmPatienceMs);
    return { json: JSON.stringify(record), entry, state: record.status, warnings: [] };
  }
  const { record: repaired, json, warnings } = prepareRecord(record);
  const entry = indexEntryOf(repaired, confirmPatienceMs);
  return { json, entry, state: idleStateText(idleStateOf(repaired, rules)), warnings };
}

function isIndexable({ id, timestamps, desired, deadlines, origin, status }: InstanceRecord): boolean {
  // Idleness may count against it, which rests on more instants than the rest of its indexes.
  if (origin !== 'discovered' && status === 'ready') return false;
  if (!isInstanceId(id) || !isTimestamp(timestamps.created) || !isTimestamp(desired.at)) return false;
  return Object.values(deadlines).every(isTimestamp);
}
