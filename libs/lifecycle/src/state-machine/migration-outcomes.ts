import {
  type InstanceRecord,
  isMigrationOpen,
  type Migration,
  NO_ATTEMPTS,
  timestampsOfNewRun,
} from '@app/instance-store';
import { type NovitaInstance, type NovitaInstanceId, phaseOf } from '@app/novita-client';
import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import type { LifecycleProblemCode } from '../problems/lifecycle.problems.js';
import { instanceError, type ProviderError, problemCodeOf } from '../problems/provider-errors.js';
import {
  type ClearObservation,
  type Decision,
  doublingMs,
  firstPollMs,
  type LifecyclePolicy,
  type Situation,
} from './model.js';
import { asFailed } from './terminal-transitions.js';
import { wait, wakeAt } from './transitions.js';

/*
 * What the result of a migration request changes in the record, the ends of an attempt, and the instance that the
 * provider replaced by another one.
 */

export type MigrateOutcome =
  | { readonly kind: 'accepted'; readonly newId: NovitaInstanceId | null }
  | { readonly kind: 'refused'; readonly error: ProviderError }
  /** The process found itself too late to send it. */
  | { readonly kind: 'not-sent' };

/**
 * Takes the answer to a request into the record, whatever has become of the record meanwhile: an instance that the
 * provider has made in place of ours is never dropped.
 *
 * @param record as it stands now
 * @param requestedAt the time of the intent that was written before the call
 */
export function applyMigrateOutcome(
  record: InstanceRecord,
  requestedAt: Timestamp,
  outcome: MigrateOutcome,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const { migration } = record;
  if (migration === null || migration.requestedAt !== requestedAt) return record;
  if (outcome.kind === 'accepted') {
    const taken = isMigrationOpen(migration) ? { ...migration, state: 'under-way' as const } : migration;
    const moved = outcome.newId === null ? record : movedTo(record, outcome.newId);
    const replaced = moved.migration?.replaced ?? migration.replaced;
    return wakeAt({ ...moved, migration: { ...taken, replaced } }, now + firstPollMs(policy));
  }
  if (migration.state !== 'requested') return record;
  if (outcome.kind === 'not-sent') {
    return postponed({ ...record, migration: { ...migration, attempts: migration.attempts - 1 } }, now, 0);
  }
  return applyRefusal(record, migration, outcome.error, now, policy);
}

function applyRefusal(
  record: InstanceRecord,
  migration: Migration,
  error: ProviderError,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const faults = record.attempts.faults + 1;
  const counted: InstanceRecord = { ...record, attempts: { ...record.attempts, faults } };
  const code = problemCodeOf(error.kind);
  // It may have taken effect: the next observations tell.
  if (error.effectUnknown) return wakeAt(counted, now + firstPollMs(policy));
  switch (error.kind) {
    case 'not-found':
      return postponed(counted, now, firstPollMs(policy));
    case 'rate-limited':
    case 'circuit-open': {
      const untried = { ...counted, migration: { ...migration, attempts: migration.attempts - 1 } };
      return postponed(untried, now, Math.max(firstPollMs(policy), error.retryAfterMs ?? 0));
    }
    case 'insufficient-resource': {
      const lastError = instanceError(code, error.message, timestampFromMs(now));
      const { stockRetry, retriesStock } = policy.migration;
      const inMs = doublingMs(stockRetry, migration.attempts);
      if (!retriesStock || isPastGivingUp(migration, now + inMs, policy)) {
        return givenUp(counted, code, error.message, now, policy);
      }
      return { ...postponed(counted, now, inMs), lastError };
    }
    case 'invalid-state':
    case 'insufficient-balance':
    case 'unauthorized':
    case 'invalid-request':
    case 'server-fault':
    case 'network':
    case 'timeout':
    case 'malformed-answer':
    case 'unclean-listing':
      return failedMigration(
        counted,
        code === 'provider-refused' ? 'migration-failed' : code,
        error.message,
        now,
        policy,
      );
  }
}

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
    migration: { ...migration, state: 'starting', arrivedAt: observation.at, nextAttemptAt: null },
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
function movedTo(record: InstanceRecord, id: NovitaInstanceId): InstanceRecord {
  const { migration, novitaInstanceId } = record;
  if (migration === null || novitaInstanceId === id) return record;
  return { ...record, novitaInstanceId: id, migration: { ...migration, replaced: novitaInstanceId } };
}

/** The provider's clock may be behind ours by so much. */
const SKEW_MS = 60_000;

/**
 * Finds the instance that an open migration has made in place of ours although its answer was lost: one that carries our
 * marker and is younger than the request. The decision then is about that one.
 */
export function withReplacement(
  record: InstanceRecord,
  observation: ClearObservation,
): { readonly record: InstanceRecord; readonly observation: ClearObservation } {
  const replacement = replacementOf(record, observation);
  if (replacement === null) return { record, observation };
  const { at, search, trace } = observation;
  return {
    record: movedTo(record, replacement.id),
    observation: { kind: 'found', instance: replacement, source: 'list', at, search, ...(trace && { trace }) },
  };
}

function replacementOf(
  { migration, novitaInstanceId }: InstanceRecord,
  { search }: ClearObservation,
): NovitaInstance | null {
  if (!isMigrationOpen(migration) || migration.requestedAt === null || search === null) return null;
  const sinceMs = msFromTimestamp(migration.requestedAt) - SKEW_MS;
  const younger = search.matches.filter(({ id, status, createdAt }) => {
    const phase = phaseOf(status);
    if (id === novitaInstanceId || id === migration.replaced || phase === 'removing' || phase === 'gone') return false;
    return createdAt !== null && msFromTimestamp(createdAt) >= sinceMs;
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
  const isNeeded = record.desired.state === 'running' && record.status !== 'ready' && record.status !== 'terminated';
  if (!isPassive || isNeeded) return decision;
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
