import { isDeepStrictEqual } from 'node:util';
import { type InstanceRecord, isSettled, type Wish } from '@app/instance-store';
import { type NovitaInstance, type ProviderPhase, phaseOf } from '@app/novita-client';
import { msFromTimestamp, timestampFromMs } from '@app/platform';
import { seenConnection } from './seen-connection.js';
import { seenName, seenSpec, seenTimestamps } from './seen-elsewhere.js';
import { type Sight, usdPerHourOf } from './sight.js';
import { whatItDoes } from './what-it-does.js';

export type Merge =
  /** The record says it already. */
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'update';
      readonly next: InstanceRecord;
      /** The life cycle is to look at it now. */
      readonly wake: boolean;
      /** Whether the record then says all that was seen, so that the same picture need not be looked at again. */
      readonly complete: boolean;
      readonly reason: string;
    }
  | { readonly kind: 'leave'; readonly reason: string }
  /** Made elsewhere, and the provider itself says that it has been removed. */
  | { readonly kind: 'gone' };

/**
 * What a sight of an instance makes of its live record. Nothing is decided about wishes: of instances of ours only what
 * was seen is written, and where it does not fit the status the life cycle is woken. One that was made elsewhere has no
 * life cycle, so its status is mapped here.
 *
 * @param now milliseconds since 1970
 */
export function mergeListed(record: InstanceRecord, item: NovitaInstance, sight: Sight, now: number): Merge {
  if (record.status === 'terminated') return leave('its record has ended');
  if (sight.at < record.desired.at) return leave('the wish is newer than what was seen');
  if (record.observedAt !== null && record.observedAt > sight.at) return leave('it was seen since');
  if (record.origin === 'discovered') return mergeDiscovered(record, item, sight);
  return isSettled(record.status) ? mergeSettled(record, item, sight, now) : mergeTransitional(record, now);
}

function mergeDiscovered(record: InstanceRecord, item: NovitaInstance, sight: Sight): Merge {
  const phase = phaseOf(item.status);
  if (phase === 'gone') return { kind: 'gone' };
  const doing = phase === 'unknown' ? { status: record.status, desired: record.desired.state } : whatItDoes(phase);
  const desired: Wish =
    doing.desired === record.desired.state ? record.desired : { state: doing.desired, at: sight.at, by: 'console' };
  const seen: InstanceRecord = {
    ...record,
    name: seenName(item),
    spec: seenSpec(item, record.spec),
    desired,
    status: doing.status,
    novitaStatus: item.status,
    timestamps: seenTimestamps(item, record.timestamps.created),
    price: { usdPerHour: usdPerHourOf(item, sight.prices) ?? record.price.usdPerHour },
    connection: seenConnection(item, sight.source === 'list' ? record.connection : null),
    missingSince: null,
  };
  if (isDeepStrictEqual(seen, record)) return { kind: 'unchanged' };
  const next = { ...seen, observedAt: sight.at, source: sight.source, confirmedAt: sight.at };
  return { kind: 'update', next, wake: false, complete: true, reason: changeInWords(record, item) };
}

/** As wished, or given up: the life cycle looks at it seldom, so what fits is noted and what does not wakes it. */
function mergeSettled(record: InstanceRecord, item: NovitaInstance, sight: Sight, now: number): Merge {
  const seen: InstanceRecord = {
    ...record,
    novitaStatus: item.status,
    spec: {
      ...record.spec,
      clusterId: record.spec.clusterId ?? item.clusterId,
      region: record.spec.region ?? item.clusterName,
    },
    price: { usdPerHour: record.price.usdPerHour ?? usdPerHourOf(item, sight.prices) },
    connection: seenConnection(item, sight.source === 'list' ? record.connection : null),
    missingSince: null,
  };
  const misfit = !fits(record, phaseOf(item.status));
  const wake = misfit && !isDue(record, now);
  if (!wake && isDeepStrictEqual(seen, record)) {
    return misfit ? leave('the life cycle is to look at it already') : { kind: 'unchanged' };
  }
  const noted: InstanceRecord = { ...seen, observedAt: sight.at, source: sight.source };
  const next = wake ? wakened(noted, now) : noted;
  const reason = misfit ? `it is ${record.status}, and Novita says ${item.status}` : changeInWords(record, item);
  return { kind: 'update', next, wake: misfit, complete: true, reason };
}

/**
 * On its way: the life cycle polls it and draws conclusions from the order of what it sees, so a listing, which may lag
 * behind, adds nothing. Only one that nobody looks after is woken.
 */
function mergeTransitional(record: InstanceRecord, now: number): Merge {
  const forgotten = record.deadlines.nextReconcileAt === undefined;
  if (!forgotten && record.missingSince === null) return leave('the life cycle is looking after it');
  const seen = { ...record, missingSince: null };
  const next = forgotten ? wakened(seen, now) : seen;
  const reason = forgotten ? `it is ${record.status}, and nobody looks after it` : 'it is listed again';
  return { kind: 'update', next, wake: forgotten, complete: false, reason };
}

/** The record, to be looked at by the life cycle at once. */
export function wakened(record: InstanceRecord, now: number): InstanceRecord {
  return { ...record, deadlines: { ...record.deadlines, nextReconcileAt: timestampFromMs(now) } };
}

/** Whether the life cycle is to look at it by now. */
export function isDue(record: InstanceRecord, now: number): boolean {
  const next = record.deadlines.nextReconcileAt;
  return next !== undefined && msFromTimestamp(next) <= now;
}

/** A word that does not tell whether the instance runs contradicts nothing. */
function fits(record: InstanceRecord, phase: ProviderPhase): boolean {
  if (phase === 'unknown') return true;
  return record.status === 'ready' ? phase === 'up' : phase === 'down';
}

function changeInWords(record: InstanceRecord, item: NovitaInstance): string {
  if (record.novitaStatus !== item.status) return `Novita says ${item.status} instead of ${record.novitaStatus}`;
  return record.missingSince === null ? 'Novita tells more of it, or something else' : 'it is listed again';
}

function leave(reason: string): Merge {
  return { kind: 'leave', reason };
}
