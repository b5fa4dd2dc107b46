import { msFromTimestamp } from '@app/platform';
import {
  type DesiredState,
  type IndexedDeadlineKind,
  type InstanceRecord,
  RECORD_DEADLINE_KINDS,
} from '../instance.js';
import type { InstanceId } from '../instance-id.js';
import { type InstanceStatus, isLive } from '../instance-status.js';
import type { InstanceGroup } from '../listing/instance-group.js';
import { groupOf } from '../listing/instance-group.js';
import { type Meter, meterOf } from '../spend/meter.js';
import { CorruptRecordError } from './parse-record.js';

/**
 * What look-ups, deadlines, counters and meters hold of one record. It is kept beside the record, so that the next write
 * takes out exactly what was put in, whatever settings and rules have changed in between.
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
  /** Empty when there is none. */
  readonly marker: string;
  /** Empty when unknown. */
  readonly novitaId: string;
  readonly discovered: boolean;
  /** Read by processes of the version before only, while they run beside this one. */
  readonly group: InstanceGroup | '';
  /** When the present desired state was set, epoch milliseconds. */
  readonly desiredMs: number;
  /** Null in an entry of an older version, which did not say it. */
  readonly desired: DesiredState | null;
  /** Epoch milliseconds. */
  readonly deadlines: { readonly [Kind in IndexedDeadlineKind]?: number };
}

/** Of any version: these members were added one by one. */
type AddedMember = 'product' | 'discovered' | 'group' | 'desired' | 'meter' | 'rate';
type KeptEntry = Omit<IndexEntry, AddedMember> & Partial<Pick<IndexEntry, AddedMember>>;

/** How long a stop or delete may wait for the provider's agreement, unless the settings say otherwise. */
export const DEFAULT_CONFIRM_PATIENCE_MS = 5 * 60_000;

const MS_DIGITS = 15;
const ID_LENGTH = 'ins_'.length + 26;

/** @param confirmPatienceMs how long a stop or delete may wait for the provider's agreement */
export function indexEntryOf(record: InstanceRecord, confirmPatienceMs: number): IndexEntry {
  const deadlines: { [Kind in IndexedDeadlineKind]?: number } = {};
  for (const kind of RECORD_DEADLINE_KINDS) {
    const at = record.deadlines[kind];
    if (at !== undefined) deadlines[kind] = msFromTimestamp(at);
  }
  const confirmBy = confirmByMs(record, confirmPatienceMs);
  if (confirmBy !== null) deadlines.confirmBy = confirmBy;
  return {
    // Lone surrogates from outside have no UTF-8 form, and the JSON reader of Redis scripts refuses them.
    name: record.name.toWellFormed(),
    created: msDigits(msFromTimestamp(record.timestamps.created)),
    status: record.status,
    region: record.spec.region?.toWellFormed() ?? '',
    product: record.spec.productName.toWellFormed(),
    marker: record.marker.toWellFormed(),
    novitaId: record.novitaInstanceId?.toWellFormed() ?? '',
    discovered: record.origin === 'discovered',
    group: groupOf(record) ?? '',
    desiredMs: msFromTimestamp(record.desired.at),
    desired: record.desired.state,
    deadlines,
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
    return { product: '', discovered: false, group: '', desired: null, meter: '', rate: 0, ...entry };
  } catch (cause) {
    throw new CorruptRecordError(id, 'its index entry is not JSON', { cause });
  }
}

/**
 * By when the provider should have agreed to a stop or delete. What was made elsewhere is never to be stopped or deleted.
 *
 * @returns epoch milliseconds; null when nothing is to be confirmed, or all is
 */
function confirmByMs({ origin, status, desired, confirmedAt }: InstanceRecord, patienceMs: number): number | null {
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

/** Of either kind of member. */
export function idOfMember(member: string): InstanceId {
  return member.slice(-ID_LENGTH) as InstanceId;
}

/** The provider's id of a live record, by which a picture is kept of it; null for one that has none or is gone. */
export function picturedId(entry: IndexEntry): string | null {
  return entry.novitaId !== '' && isLive(entry.status) ? entry.novitaId : null;
}
