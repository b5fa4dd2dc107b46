/**
 * What becomes of a listed instance that no live record has: whether it is imported, adopted or restored, and the
 * record that it then gets. Pure. An adoption or a restoration waits for a GET that finds the instance.
 */
import {
  type Actor,
  type Desired,
  type DesiredState,
  type InstanceAttempts,
  type InstanceRecord,
  type InstanceStatus,
  instanceIdFromUlid,
  isMigrationOpen,
  type MarkedName,
  type NewInstanceRecord,
  NO_ATTEMPTS,
  parseMarkedName,
} from '@app/instance-store';
import { type NovitaInstance, phaseOf } from '@app/novita-client';
import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import { isDue } from './merge.js';
import {
  describeActivity,
  type Observation,
  observedConnection,
  observedName,
  observedSpec,
  observedSpot,
  observedTimestamps,
  usdPerHourOf,
} from './observation.js';

export type Placement =
  /** A record of origin `discovered`. */
  | { readonly kind: 'import'; readonly reason: string }
  /** Ours, and its record is lost. Only once a GET has found it. */
  | { readonly kind: 'adopt-new'; readonly marked: MarkedName }
  /** A create of ours whose outcome is not known yet has made it: the life cycle adopts it. */
  | { readonly kind: 'wake'; readonly record: InstanceRecord }
  /** Its record says that it is gone. Only once a GET has found it. */
  | { readonly kind: 'restore'; readonly record: InstanceRecord }
  | { readonly kind: 'ignore'; readonly reason: string };

export interface PlacementContext {
  readonly fleetId: string;
  readonly observedAt: Timestamp;
  /** How long after its end an instance may still show in listings. */
  readonly graceMs: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The record with the provider's id of an instance, and the one with the marker in its name, when there is one. */
export interface KnownRecords {
  readonly byId: InstanceRecord | null;
  readonly byMarker: InstanceRecord | null;
}

export function placeListed(
  item: NovitaInstance,
  { byId, byMarker }: KnownRecords,
  context: PlacementContext,
): Placement {
  if (phaseOf(item.status) === 'gone') return ignore('Novita says that it has been removed');
  if (byId !== null) return isEnded(byId) ? afterTheEnd(byId, context) : ignore('it has a record by now');
  if (byMarker === null) {
    const marked = markedByUs(item.name, context.fleetId);
    return marked === null ? { kind: 'import', reason: 'made elsewhere' } : { kind: 'adopt-new', marked };
  }
  if (isEnded(byMarker)) return afterTheEnd(byMarker, context);
  if (byMarker.migration?.replaced === item.id)
    return ignore('its instance was moved to another machine; the life cycle deletes it');
  if (isMigrationOpen(byMarker.migration)) {
    return isDue(byMarker, context.now)
      ? ignore('the life cycle is due to look for it already')
      : { kind: 'wake', record: byMarker };
  }
  if (byMarker.novitaInstanceId !== null) {
    return { kind: 'import', reason: `${byMarker.id} carries the same marker and keeps another instance` };
  }
  if (isDue(byMarker, context.now)) return ignore('the life cycle is due to search for it already');
  return { kind: 'wake', record: byMarker };
}

/** A listing that began before the end, or soon after it, may show what was there before the end. */
function afterTheEnd(record: InstanceRecord, { observedAt, graceMs }: PlacementContext): Placement {
  const ended = record.timestamps.terminated ?? record.confirmedAt ?? record.desired.at;
  if (msFromTimestamp(observedAt) >= msFromTimestamp(ended) + graceMs) return { kind: 'restore', record };
  return ignore(`it was found gone at ${ended}, which this listing may not know`);
}

function ignore(reason: string): Placement {
  return { kind: 'ignore', reason };
}

function isEnded({ status }: InstanceRecord): boolean {
  return status === 'terminated';
}

/** The marker in a name at the provider, if it is one of this fleet. */
export function markedByUs(nameAtProvider: string, fleetId: string): MarkedName | null {
  const marked = parseMarkedName(nameAtProvider);
  return marked?.fleetId === fleetId ? marked : null;
}

/**
 * The marker in a name at the provider by which a record of this fleet may be found. A marker of the older form names no
 * fleet for certain: it is ours when a record has it, and never on its own.
 */
export function recordMarkerIn(nameAtProvider: string, fleetId: string): string | null {
  const marked = parseMarkedName(nameAtProvider);
  return marked !== null && (marked.fleetId === fleetId || marked.fleetId === null) ? marked.marker : null;
}

/** The record of an instance that was made elsewhere: shown, and never acted on unless somebody adopts it. */
export function discoveredRecord(item: NovitaInstance, ulid: string, observation: Observation): NewInstanceRecord {
  const { status, desired } = describeActivity(phaseOf(item.status));
  const { at, source, prices } = observation;
  return {
    id: instanceIdFromUlid(ulid),
    novitaInstanceId: item.id,
    name: observedName(item),
    marker: '',
    origin: 'discovered',
    createdBy: null,
    spec: observedSpec(item),
    desired: { state: desired, at, by: 'console' },
    restartRequestedAt: null,
    status,
    novitaStatus: item.status,
    observedAt: at,
    source,
    confirmedAt: at,
    timestamps: observedTimestamps(item, at),
    deadlines: {},
    autoStop: {},
    maxLifetimeMinutes: null,
    price: { usdPerHour: usdPerHourOf(item, prices) },
    cost: null,
    connection: observedConnection(item, null),
    webhookUrl: null,
    lastError: null,
    attempts: NO_ATTEMPTS,
    probes: [],
    foreignChange: null,
    spot: observedSpot(item, null, at),
    migration: null,
    stopHold: null,
    missingSince: null,
    ignored: null,
    reportToken: null,
  };
}

export interface Adoption {
  readonly by: Actor;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** From its name at the provider; null when that carries no marker of ours, or another record has the marker. */
  readonly marked: { readonly name: string; readonly marker: string } | null;
}

/**
 * The record of an instance that was made elsewhere, as one of ours: its present activity becomes the desired state, and
 * the life cycle is due to observe it. It gets no time by which it must be ready: nobody here has started it, so a port
 * that does not answer is no reason to stop it.
 */
export function adopted<Known extends NewInstanceRecord>(record: Known, { by, now, marked }: Adoption): Known {
  const at = timestampFromMs(now);
  const { startupBy: _startupBy, purgeAt: _purgeAt, ...deadlines } = record.deadlines;
  const { state } = record.desired;
  return {
    ...record,
    origin: 'adopted',
    name: marked === null || marked.name === '' ? record.name : marked.name,
    marker: marked?.marker ?? '',
    desired: { state, at, by },
    confirmedAt: agrees(record.status) ? record.confirmedAt : null,
    deadlines: { ...deadlines, nextReconcileAt: at },
    attempts: firstAttempts(state, record),
    ignored: null,
  };
}

/** Adopted, and to be stopped; an instance that is being removed is left to its end. */
export function adoptedToStop<Known extends NewInstanceRecord>(record: Known, adoption: Adoption): Known {
  const ours = adopted(record, adoption);
  if (record.desired.state === 'deleted') return ours;
  const status: InstanceStatus = record.status === 'stopped' ? 'stopped' : 'stopping';
  return {
    ...ours,
    status,
    desired: { ...ours.desired, state: 'stopped' },
    // The stop is a command: an instance that was started since is to be stopped all the same.
    confirmedAt: null,
    timestamps: { ...ours.timestamps, stopping: ours.desired.at },
    attempts: firstAttempts('stopped', record),
  };
}

/**
 * The record of an instance that was called gone and is there after all, live again. A deletion that somebody wanted
 * stays the desired state, so that the life cycle deletes the instance again and nobody pays for it. An instance that
 * had merely vanished keeps its present activity as the desired state: an error of the provider must not destroy a
 * machine.
 *
 * @param now milliseconds since 1970
 */
export function restored(
  record: InstanceRecord,
  item: NovitaInstance,
  observation: Observation,
  now: number,
): InstanceRecord {
  const activity = describeActivity(phaseOf(item.status));
  const isToBeDeleted = isDeletionWanted(record.desired);
  const at = timestampFromMs(now);
  const desired: Desired = isToBeDeleted ? record.desired : { state: activity.desired, at, by: 'sync' };
  const status = isToBeDeleted ? 'deleting' : activity.status;
  const { terminated: _terminated, ...timestamps } = record.timestamps;
  return {
    ...record,
    novitaInstanceId: item.id,
    desired,
    restartRequestedAt: null,
    status,
    novitaStatus: item.status,
    observedAt: observation.at,
    source: observation.source,
    confirmedAt: agrees(status) ? observation.at : null,
    timestamps,
    deadlines: { nextReconcileAt: at },
    connection: observedConnection(item, observation.source === 'list' ? record.connection : null),
    lastError: null,
    attempts: firstAttempts(desired.state, { status, attempts: record.attempts }),
    foreignChange: null,
    spot: observedSpot(item, record.spot, observation.at),
    missingSince: null,
  };
}

/** Whether somebody wants it deleted; `deleted` by the system itself only says that the instance was found gone. */
export function isDeletionWanted({ state, by }: Desired): boolean {
  return state === 'deleted' && by !== 'sync' && by !== 'lifecycle' && by !== 'console';
}

/**
 * Whether an instance that was observed in this status is in the desired state that the observation gave it. The life
 * cycle then takes every other status for what a person has done since, and does not undo it.
 */
function agrees(status: InstanceStatus): boolean {
  return status === 'running' || status === 'stopped';
}

/**
 * Nothing was tried yet for the new desired state; a create of unknown outcome stays open. An instance that is still
 * coming up was made by one create, whoever sent it: should it end before it runs, its start has failed, and the life
 * cycle does not take it for a start that was never sent.
 */
function firstAttempts(
  state: DesiredState,
  { status, attempts }: Pick<NewInstanceRecord, 'status' | 'attempts'>,
): InstanceAttempts {
  const comingUp = state === 'running' && status !== 'running';
  return { ...NO_ATTEMPTS, creates: comingUp ? 1 : 0, openCreate: attempts.openCreate };
}
