import { msFromTimestamp } from '@app/platform';
import {
  type DesiredState,
  type IndexedDeadlineKind,
  type InstanceRecord,
  RECORD_DEADLINE_KINDS,
} from '../instance.js';
import type { InstanceId } from '../instance-id.js';
import { type InstanceStatus, isLive } from '../instance-status.js';
import type { InstanceGroup } from '../instance-store.port.js';
import { type Meter, meterOf } from '../spend/meter.js';
import { confirmByMs } from './confirm-by.js';
import { groupOf } from './instance-group.js';

/** What the indexes hold of one record; kept beside it, so that a later write knows exactly what to take out. */
export interface IndexEntry extends Meter {
  /** First, because a script compares the beginning of this entry's JSON with a name's. */
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
  /** Empty when it is in none. */
  readonly group: InstanceGroup | '';
  /** When the present wish was made, epoch milliseconds. */
  readonly desiredMs: number;
  readonly desired: DesiredState;
  /** Epoch milliseconds. */
  readonly deadlines: { readonly [Kind in IndexedDeadlineKind]?: number };
}

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

export function msDigits(epochMs: number): string {
  return String(epochMs).padStart(MS_DIGITS, '0');
}

/** The member that stands for a record in an index by time of creation: ties are broken by id. */
export function createdMember(entry: IndexEntry, id: InstanceId): string {
  return `${entry.created}${id}`;
}

/** In an index by name. The zero character sorts a name before every longer one; the tail has a fixed width. */
export function nameMember(entry: IndexEntry, id: InstanceId): string {
  return `${entry.name}\0${entry.created}${id}`;
}

/** Of either kind of member. */
export function idOfMember(member: string): InstanceId {
  return member.slice(-ID_LENGTH) as InstanceId;
}

/** Names of the subsets of the fleet that an index exists for. */
export const indexScope = {
  all: (): string => 'all',
  status: (status: InstanceStatus): string => `status:${status}`,
  region: (region: string): string => `region:${region}`,
  statusAndRegion: (status: InstanceStatus, region: string): string => `status:${status}:region:${region}`,
  group: (group: InstanceGroup): string => `group:${group}`,
} as const;

/** Every scope that a record is in. `scopes` in fragments.lua.ts says the same. */
export function scopesOf(entry: IndexEntry): string[] {
  const scopes = [indexScope.all(), indexScope.status(entry.status)];
  if (entry.region !== '') {
    scopes.push(indexScope.region(entry.region), indexScope.statusAndRegion(entry.status, entry.region));
  }
  if (entry.group !== '') scopes.push(indexScope.group(entry.group));
  return scopes;
}

/** The provider's id of a live record, by which a picture is kept of it; null for one that has none or is gone. */
export function picturedId(entry: IndexEntry): string | null {
  return entry.novitaId !== '' && isLive(entry.status) ? entry.novitaId : null;
}
