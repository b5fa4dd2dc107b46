import {
  type InstanceRecord,
  isMigrationOpen,
  type Migration,
  NO_ATTEMPTS,
  type ProductCandidate,
  timestampsOfNewRun,
} from '@app/instance-store';
import { type NovitaInstance, type NovitaInstanceId, phaseOf } from '@app/novita-client';
import { msFromTimestamp, timestampFromMs } from '@app/platform';
import type { LifecycleProblemCode } from '../problems/lifecycle.problems.js';
import { instanceError } from '../problems/provider-errors.js';
import {
  type ClearObservation,
  type Decision,
  doublingMs,
  firstPollMs,
  type LifecyclePolicy,
  type Situation,
} from './model.js';
import { asFailed, mayEndReplaced, wait, wakeAt } from './transitions.js';

/*
 * How an attempt to migrate ends, whatever it was, and the instance that another one replaced: the provider's own, or one
 * that was bought.
 */

/** The migration waits again: nothing of the attempt is left at the provider. */
export function postponed(record: InstanceRecord, now: number, inMs: number): InstanceRecord {
  const { migration } = record;
  if (migration === null) return record;
  const nextAttemptAt = timestampFromMs(now + inMs);
  const waiting: Migration = { ...migration, state: 'waiting', nextAttemptAt };
  return wakeAt({ ...withoutMigrateBy(record), status: 'stopped', migration: waiting }, now + inMs);
}

/** As the record is written when as many migrations run in the fleet as may. */
export function withoutPlace(
  intended: InstanceRecord,
  { status, migration }: InstanceRecord,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  return { ...postponed({ ...intended, migration }, now, policy.pollIntervalMs), status };
}

/** The migration without what belongs to its latest attempt; what was bought stays known. */
export function forNextAttempt({ isAnswered: _answered, fallback, ...migration }: Migration): Migration {
  return fallback?.state === 'bought' ? { ...migration, fallback } : migration;
}

/** The record after an attempt that found no stock: it waits for the next one, or the reclaim is given up. */
export function withoutStock(
  record: InstanceRecord,
  migration: Migration,
  message: string,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const waiting = { ...record, migration: forNextAttempt(migration) };
  const { stockRetry, fallback } = policy.migration;
  const inMs = doublingMs(stockRetry, migration.attempts);
  if (fallback === 'off' || isPastGivingUp(migration, now + inMs, policy)) {
    return givenUp(waiting, 'resource-constraints', message, now, policy);
  }
  const lastError = instanceError('resource-constraints', message, timestampFromMs(now));
  return { ...postponed(waiting, now, inMs), lastError };
}

/** The attempt failed. It is made again after a while, until the time for this reclaim is over. */
export function failedMigration(
  record: InstanceRecord,
  code: LifecycleProblemCode,
  message: string,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const { migration } = record;
  if (migration === null) return record;
  const inMs = doublingMs(policy.migration.failureRetry, migration.attempts);
  if (isPastGivingUp(migration, now + inMs, policy)) return givenUp(record, code, message, now, policy);
  const failed: InstanceRecord = {
    ...withoutMigrateBy(record),
    status: 'failed',
    lastError: instanceError(code, message, timestampFromMs(now)),
    migration: { ...migration, state: 'failed', nextAttemptAt: timestampFromMs(now + inMs) },
  };
  return wakeAt(failed, now + inMs);
}

/** No further attempt is made by itself. The instance is down, so the desired state becomes `stopped`. */
export function givenUp(
  record: InstanceRecord,
  code: LifecycleProblemCode,
  message: string,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const migration = record.migration && { ...record.migration, state: 'failed' as const, nextAttemptAt: null };
  return { ...asFailed({ ...withoutMigrateBy(record), migration }, code, message, now, policy), migration };
}

/** Whether attempts were made for as long as they are made for one reclaim. */
export function isPastGivingUp({ since, attempts }: Migration, now: number, { migration }: LifecyclePolicy): boolean {
  return attempts > 0 && now >= msFromTimestamp(since) + migration.giveUpAfterMs;
}

function withoutMigrateBy(record: InstanceRecord): InstanceRecord {
  const { migrateBy: _migrateBy, ...deadlines } = record.deadlines;
  return { ...record, deadlines };
}

/** On its new machine, in whatever state: from here on it is a run like any other, from its beginning. */
export function arrived(situation: Situation, migration: Migration): Situation {
  const { observation } = situation;
  const place = observation.kind === 'found' ? placeOf(observation.instance) : {};
  const move = (record: InstanceRecord): InstanceRecord => ({
    ...withoutMigrateBy(record),
    status: 'migrating',
    restartRequestedAt: null,
    lastError: null,
    probes: [],
    timestamps: timestampsOfNewRun(record.timestamps),
    attempts: { ...NO_ATTEMPTS, openCreate: record.attempts.openCreate },
    spec: { ...record.spec, ...place },
    migration: { ...forNextAttempt(migration), state: 'starting', arrivedAt: observation.at, nextAttemptAt: null },
  });
  return { ...situation, before: move(situation.before), record: move(situation.record) };
}

function placeOf({ clusterId, clusterName }: NovitaInstance): Partial<InstanceRecord['spec']> {
  return { ...(clusterId === null ? {} : { clusterId }), ...(clusterName === null ? {} : { region: clusterName }) };
}

export function withState(situation: Situation, state: 'superseded' | 'failed'): Situation {
  const end = (record: InstanceRecord): InstanceRecord => ({
    ...withoutMigrateBy(record),
    migration: record.migration === null ? null : { ...record.migration, state, nextAttemptAt: null },
  });
  return { ...situation, before: end(situation.before), record: end(situation.record) };
}

/** The provider has put another instance in the place of ours; the old one is deleted when the new one is ready. */
export function movedTo(record: InstanceRecord, id: NovitaInstanceId): InstanceRecord {
  const { migration, novitaInstanceId } = record;
  if (migration === null || novitaInstanceId === id) return record;
  return { ...record, novitaInstanceId: id, migration: { ...migration, replaced: novitaInstanceId } };
}

/** The record is that of the instance which was bought in its place: another product, place and price, nothing else. */
export function boughtAs(record: InstanceRecord, id: NovitaInstanceId, product: ProductCandidate): InstanceRecord {
  const moved = movedTo(record, id);
  const { usdPerHour, ...place } = product;
  return {
    ...moved,
    novitaStatus: null,
    spot: null,
    connection: { ssh: null, jupyter: null, webTerminal: null, portMappings: [] },
    spec: { ...moved.spec, ...place },
    price: { usdPerHour },
    migration: moved.migration && { ...moved.migration, fallback: { state: 'bought', product } },
  };
}

/** The provider's clock may be behind ours by so much. */
const SKEW_MS = 60_000;

/**
 * Finds the instance that an open migration has made in place of ours although its answer was lost: one that carries our
 * marker and is younger than the request, or than the reclaim where somebody else requested it; of a purchase, before
 * which nothing else carried it, any. The decision then is about that one.
 */
export function withReplacement(
  record: InstanceRecord,
  observation: ClearObservation,
): { readonly record: InstanceRecord; readonly observation: ClearObservation } {
  const { at, search, trace } = observation;
  const traced = trace === undefined ? {} : { trace };
  const replacement = replacementOf(record, observation);
  if (replacement === null) {
    // The provider denies the new one, and a search shows the old one that carries the same marker.
    const isOld = observation.kind === 'found' && observation.instance.id === record.migration?.replaced;
    return { record, observation: isOld ? { kind: 'absent', source: 'get', at, search, ...traced } : observation };
  }
  const fallback = record.migration?.fallback;
  const moved =
    fallback?.state === 'open' ? boughtAs(record, replacement.id, fallback.product) : movedTo(record, replacement.id);
  return {
    record: moved,
    observation: { kind: 'found', instance: replacement, source: 'list', at, search, ...traced },
  };
}

function replacementOf(
  { migration, novitaInstanceId }: InstanceRecord,
  { search }: ClearObservation,
): NovitaInstance | null {
  if (!isMigrationOpen(migration) || search === null) return null;
  const isPurchase = migration.fallback?.state === 'open';
  const sinceMs = msFromTimestamp(migration.requestedAt ?? migration.reclaimSeenAt) - SKEW_MS;
  const younger = search.matches.filter(({ id, status, createdAt }) => {
    const phase = phaseOf(status);
    if (id === novitaInstanceId || id === migration.replaced || phase === 'removing' || phase === 'gone') return false;
    return isPurchase || (createdAt !== null && msFromTimestamp(createdAt) >= sinceMs);
  });
  return younger.at(-1) ?? null;
}

/**
 * Deletes the instance that was replaced, once nothing else is to be done: when the new one is ready, or is not wanted to
 * run any more. A record does not end before.
 */
export function endReplaced(decision: Decision, { record: observed, observation, now, policy }: Situation): Decision {
  const { record, step } = decision;
  const replaced = record.migration?.replaced ?? null;
  if (record.migration === null || replaced === null) return decision;
  const isGone = observation.trace?.replacedIsGone === true;
  if (isGone) return { ...decision, record: { ...record, migration: { ...record.migration, replaced: null } } };
  const isPassive = step.kind === 'poll' || step.kind === 'wait' || step.kind === 'done';
  if (!isPassive) return decision;
  if (!mayEndReplaced(record)) return stopReplaced(decision, replaced, observation, now, policy);
  const kept = record.status === 'terminated' ? { ...observed, status: 'deleting' as const } : record;
  const reason = `${replaced} was replaced by ${record.novitaInstanceId}`;
  if (observation.trace === undefined)
    return wait(kept, now, firstPollMs(policy), `${reason}; whether it is gone is not known yet`);
  return {
    step: { kind: 'delete-surplus', target: replaced },
    record: wakeAt(kept, now + policy.pollIntervalMs),
    reason,
  };
}

/** What was bought in its place is paid for, so the old one must not run beside it, whoever has started it. */
function stopReplaced(
  decision: Decision,
  replaced: NovitaInstanceId,
  { trace }: ClearObservation,
  now: number,
  policy: LifecyclePolicy,
): Decision {
  const { record } = decision;
  if (record.migration?.fallback?.state !== 'bought' || trace?.replacedMayBill !== true) return decision;
  return {
    step: { kind: 'stop-surplus', target: replaced },
    record: wakeAt(record, now + policy.pollIntervalMs),
    reason: `${replaced} runs, and ${record.novitaInstanceId} was bought in its place`,
  };
}
