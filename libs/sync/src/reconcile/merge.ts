/**
 * Merges an observation of an instance into its live record. Pure. The sync decides nothing about desired states: of
 * our own instances it writes only what it observed, and wakes the life cycle where that does not fit the status. An
 * instance that was made elsewhere has no life cycle, so its status is mapped here.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Desired, type InstanceRecord, isSettled } from '@app/instance-store';
import { type NovitaInstance, type ProviderPhase, phaseOf } from '@app/novita-client';
import { msFromTimestamp, timestampFromMs } from '@app/platform';
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

export type Merge =
  /** The record says it already. */
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'update';
      readonly next: InstanceRecord;
      /** The life cycle is to observe it now. */
      readonly wake: boolean;
      /** Whether the record then says all that was observed, so that the same listing entry can be skipped next time. */
      readonly complete: boolean;
      readonly reason: string;
    }
  | { readonly kind: 'leave'; readonly reason: string }
  /** Made elsewhere, and the provider itself says that it has been removed. */
  | { readonly kind: 'gone' };

/** @param now milliseconds since 1970 */
export function mergeListed(
  record: InstanceRecord,
  item: NovitaInstance,
  observation: Observation,
  now: number,
): Merge {
  if (record.status === 'terminated') return leave('its record has ended');
  if (observation.at < record.desired.at) return leave('the desired state is newer than the observation');
  if (record.observedAt !== null && record.observedAt > observation.at)
    return leave('a later observation is on record');
  if (record.origin === 'discovered') return mergeDiscovered(record, item, observation);
  return isSettled(record.status) ? mergeSettled(record, item, observation, now) : mergeTransitional(record, now);
}

function mergeDiscovered(record: InstanceRecord, item: NovitaInstance, observation: Observation): Merge {
  const phase = phaseOf(item.status);
  if (phase === 'gone') return { kind: 'gone' };
  const activity =
    phase === 'unknown' ? { status: record.status, desired: record.desired.state } : describeActivity(phase);
  const desired: Desired =
    activity.desired === record.desired.state
      ? record.desired
      : { state: activity.desired, at: observation.at, by: 'console' };
  const observed: InstanceRecord = {
    ...record,
    name: observedName(item),
    spec: observedSpec(item, record.spec),
    desired,
    status: activity.status,
    novitaStatus: item.status,
    timestamps: observedTimestamps(item, record.timestamps.created),
    price: { usdPerHour: usdPerHourOf(item, observation.prices) ?? record.price.usdPerHour },
    connection: observedConnection(item, observation.source === 'list' ? record.connection : null),
    spot: observedSpot(item, record.spot, observation.at),
    missingSince: null,
  };
  if (isDeepStrictEqual(observed, record)) return { kind: 'unchanged' };
  const { at, source } = observation;
  const next = { ...observed, observedAt: at, source, confirmedAt: at };
  return { kind: 'update', next, wake: false, complete: true, reason: changeInWords(record, item) };
}

/** In its desired state, or given up. The life cycle observes it seldom, so a misfit wakes it. */
function mergeSettled(record: InstanceRecord, item: NovitaInstance, observation: Observation, now: number): Merge {
  const observed: InstanceRecord = {
    ...record,
    novitaStatus: item.status,
    spec: {
      ...record.spec,
      clusterId: record.spec.clusterId ?? item.clusterId,
      region: record.spec.region ?? item.clusterName,
    },
    price: { usdPerHour: record.price.usdPerHour ?? usdPerHourOf(item, observation.prices) },
    connection: observedConnection(item, observation.source === 'list' ? record.connection : null),
    spot: observedSpot(item, record.spot, observation.at),
    missingSince: null,
  };
  const misfit = !fits(record, phaseOf(item.status));
  const wake = misfit && !isDue(record, now);
  if (!wake && isDeepStrictEqual(observed, record)) {
    return misfit ? leave('the life cycle is due to observe it already') : { kind: 'unchanged' };
  }
  const noted: InstanceRecord = { ...observed, observedAt: observation.at, source: observation.source };
  const next = wake ? wakened(noted, now) : noted;
  const reason = misfit ? `it is ${record.status}, and Novita says ${item.status}` : changeInWords(record, item);
  return { kind: 'update', next, wake: misfit, complete: true, reason };
}

/**
 * On its way: the life cycle polls it and draws conclusions from the order of its observations, so a listing, which may
 * lag behind, adds nothing. It is woken only if nothing is due for it.
 */
function mergeTransitional(record: InstanceRecord, now: number): Merge {
  const forgotten = record.deadlines.nextReconcileAt === undefined;
  if (!forgotten && record.missingSince === null) return leave('the life cycle is looking after it');
  const listedAgain = { ...record, missingSince: null };
  const next = forgotten ? wakened(listedAgain, now) : listedAgain;
  const reason = forgotten ? `it is ${record.status}, and nothing is due for it` : 'it is listed again';
  return { kind: 'update', next, wake: forgotten, complete: false, reason };
}

/** The record, due for the life cycle at once. */
export function wakened(record: InstanceRecord, now: number): InstanceRecord {
  return { ...record, deadlines: { ...record.deadlines, nextReconcileAt: timestampFromMs(now) } };
}

/** Whether the life cycle is due to observe it by now. */
export function isDue(record: InstanceRecord, now: number): boolean {
  const next = record.deadlines.nextReconcileAt;
  return next !== undefined && msFromTimestamp(next) <= now;
}

/** A word that does not say whether the instance runs contradicts nothing. */
function fits(record: InstanceRecord, phase: ProviderPhase): boolean {
  if (phase === 'unknown') return true;
  return record.status === 'ready' ? phase === 'up' : phase === 'down';
}

function changeInWords(record: InstanceRecord, item: NovitaInstance): string {
  if (record.novitaStatus !== item.status) return `Novita says ${item.status} instead of ${record.novitaStatus}`;
  return record.missingSince === null ? 'Novita reports more of it, or something else' : 'it is listed again';
}

function leave(reason: string): Merge {
  return { kind: 'leave', reason };
}
