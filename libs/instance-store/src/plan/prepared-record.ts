import { msFromTimestamp } from '@app/platform';
import type { NewInstanceRecord } from '../ports/instance-records.port.js';
import { isTimestamp } from '../record/clean-timestamps.js';
import { type InstanceId, isInstanceId } from '../record/identity.js';
import {
  type DesiredState,
  groupOf,
  type IndexedDeadlineKind,
  type InstanceGroup,
  type InstanceRecord,
  ownerOf,
  RECORD_DEADLINE_KINDS,
} from '../record/instance.js';
import { type InstanceStatus, isLive } from '../record/instance-status.js';
import { lifetimeDueMs, lifetimeEndsAt } from '../record/lifetime.js';
import { CorruptRecordError, parseRecord, recordJson } from '../record/parse-record.js';
import { type Commitment, commitmentOf } from './commitment.js';
import { type IdleRules, type IdleState, idleStateOf } from './idle-clock.js';
import { type Meter, meterOf } from './meter.js';

/** The settings that a record's index entry and idle state depend on. */
export interface RecordRules {
  /** When instances count as idle. */
  readonly rules: IdleRules;
  /** How long a stop or delete may wait for the provider's agreement. */
  readonly confirmPatienceMs: number;
}

/** A record in the form in which the store keeps it, with all that follows from it. */
export interface PreparedRecord {
  /** As every reader will get it. Deeply frozen, unless it is one of an import. */
  readonly record: InstanceRecord;
  readonly json: string;
  readonly entry: IndexEntry;
  readonly idle: IdleState;
  readonly warnings: readonly string[];
}

/**
 * Makes the document that is stored, and reads it back at once. So every stored document can be read, and shares
 * nothing with the caller's object.
 *
 * @throws CorruptRecordError for an object that is no record
 */
export function prepareRecord(next: InstanceRecord, { rules, confirmPatienceMs }: RecordRules): PreparedRecord {
  const json = recordJson(next);
  const { record, warnings } = parseRecord(json, next.id);
  return {
    record,
    json: warnings.length === 0 ? json : recordJson(record),
    entry: indexEntryOf(record, confirmPatienceMs),
    idle: idleStateOf(record, rules),
    warnings,
  };
}

/**
 * Does the same for a record that is imported. It does not read the document back, which would cost more than all the
 * rest of an import. Only the instants that the index entry rests on must be right at once; readers repair the others.
 *
 * @throws CorruptRecordError for an object that is no record
 */
export function prepareImport(imported: NewInstanceRecord, rules: RecordRules): PreparedRecord {
  const record: InstanceRecord = { ...imported, revision: 1 };
  if (!isIndexable(record)) return prepareRecord(record, rules);
  const entry = indexEntryOf(record, rules.confirmPatienceMs);
  return { record, json: recordJson(record), entry, idle: { status: record.status, clock: null }, warnings: [] };
}

function isIndexable({ id, timestamps, desired, deadlines, origin, status }: InstanceRecord): boolean {
  // Idleness may count against it, which rests on more instants than the rest of its entry.
  if (origin !== 'discovered' && status === 'ready') return false;
  if (!isInstanceId(id) || !isTimestamp(timestamps.created) || !isTimestamp(desired.at)) return false;
  return Object.values(deadlines).every(isTimestamp);
}

/**
 * What look-ups, deadlines, counters and meters hold of one record. The store keeps it beside the record, so that the
 * next write takes out exactly what this one put in, whatever settings and rules have changed in between.
 */
export interface IndexEntry extends Meter {
  readonly name: string;
  /** Epoch milliseconds in 15 digits, so that string order is time order. */
  readonly created: string;
  readonly status: InstanceStatus;
  /** Empty when unknown. */
  readonly region: string;
  /** Name of its product; empty when unknown. */
  readonly product: string;
  /** Who made it; empty in an entry of an older version. */
  readonly owner: string;
  /** Empty when there is none. */
  readonly marker: string;
  /** Empty when unknown. */
  readonly novitaId: string;
  readonly discovered: boolean;
  /** Read by processes of the version before only, while they run beside this one. */
  readonly group: InstanceGroup | '';
  /** When the present desired state was set, epoch milliseconds. */
  readonly desiredMs: number;
  /** Null in an entry of an older version, which lacks it. */
  readonly desired: DesiredState | null;
  /** Epoch milliseconds. */
  readonly deadlines: { readonly [Kind in IndexedDeadlineKind]?: number };
  /** What it commits its owner to; absent in an entry of an older version, which kept nothing of it. */
  readonly commitment?: Commitment;
  /** When its lifetime ends by the record, also while nothing looks after that; null for never, absent in an entry of an older version. */
  readonly endsMs?: number | null;
}

/** An entry of any version: these members were added one by one. */
type AddedMember = 'product' | 'owner' | 'discovered' | 'group' | 'desired' | 'meter' | 'rate';
type KeptEntry = Omit<IndexEntry, AddedMember> & Partial<Pick<IndexEntry, AddedMember>>;

/** How long a stop or delete may wait for the provider's agreement, unless the settings say otherwise. */
export const DEFAULT_CONFIRM_PATIENCE_MS = 5 * 60_000;

const MS_DIGITS = 15;
const ID_LENGTH = 'ins_'.length + 26;

/** @param confirmPatienceMs how long a stop or delete may wait for the provider's agreement */
function indexEntryOf(record: InstanceRecord, confirmPatienceMs: number): IndexEntry {
  const deadlines: { [Kind in IndexedDeadlineKind]?: number } = {};
  for (const kind of RECORD_DEADLINE_KINDS) {
    const at = record.deadlines[kind];
    if (at !== undefined) deadlines[kind] = msFromTimestamp(at);
  }
  const confirmBy = confirmByMs(record, confirmPatienceMs);
  if (confirmBy !== null) deadlines.confirmBy = confirmBy;
  const endsAt = lifetimeEndsAt(record);
  const lifetimeDue = lifetimeDueMs(record);
  if (lifetimeDue !== null) deadlines.lifetimeEndsAt = lifetimeDue;
  return {
    // Lone surrogates, which come from outside, have no UTF-8 form, and the JSON reader of Redis scripts refuses them.
    name: record.name.toWellFormed(),
    created: msDigits(msFromTimestamp(record.timestamps.created)),
    status: record.status,
    region: record.spec.region?.toWellFormed() ?? '',
    product: record.spec.productName.toWellFormed(),
    owner: ownerOf(record).toWellFormed(),
    marker: record.marker.toWellFormed(),
    novitaId: record.novitaInstanceId?.toWellFormed() ?? '',
    discovered: record.origin === 'discovered',
    group: groupOf(record) ?? '',
    desiredMs: msFromTimestamp(record.desired.at),
    desired: record.desired.state,
    deadlines,
    commitment: commitmentOf(record),
    endsMs: endsAt === null ? null : msFromTimestamp(endsAt),
    ...meterOf(record),
  };
}

/**
 * Reads an entry as it is kept. Entries of older versions lack some members.
 * @throws CorruptRecordError
 */
export function parseIndexEntry(text: string, id: InstanceId): IndexEntry {
  try {
    const entry = JSON.parse(text) as KeptEntry;
    return { product: '', owner: '', discovered: false, group: '', desired: null, meter: '', rate: 0, ...entry };
  } catch (cause) {
    throw new CorruptRecordError(id, 'its index entry is not JSON', { cause });
  }
}

/**
 * By when the provider should have agreed to a stop or delete. Instances that were made elsewhere are never stopped or
 * deleted by us.
 *
 * @returns epoch milliseconds; null when nothing is to be confirmed, or all is
 */
export function confirmByMs(
  { origin, status, desired, confirmedAt }: InstanceRecord,
  patienceMs: number,
): number | null {
  const isOpen = origin !== 'discovered' && isLive(status) && desired.state !== 'running' && confirmedAt === null;
  return isOpen ? msFromTimestamp(desired.at) + patienceMs : null;
}

export function msDigits(epochMs: number): string {
  return String(epochMs).padStart(MS_DIGITS, '0');
}

/** The member that stands for a record in the index: ties are broken by id. */
export function createdMember(entry: IndexEntry, id: InstanceId): string {
  return `${entry.created}${id}`;
}

/** In the look-up by name. The zero character ends the name; the tail has a fixed width. */
export function nameMember(entry: IndexEntry, id: InstanceId): string {
  return `${entry.name}\0${entry.created}${id}`;
}

/** The id of either kind of member. */
export function idOfMember(member: string): InstanceId {
  return member.slice(-ID_LENGTH) as InstanceId;
}

/** The provider's id under which the listing digest of a live record is kept; null for one that has none or is gone. */
export function idOfDigest(entry: IndexEntry): string | null {
  return entry.novitaId !== '' && isLive(entry.status) ? entry.novitaId : null;
}
