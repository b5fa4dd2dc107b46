import {
  type Actor,
  type DesiredState,
  type InstanceRecord,
  recordWithDesiredState,
  timestampsOfNewRun,
} from '@app/instance-store';
import { type Timestamp, timestampFromMs } from '@app/platform';
import type { LifecycleProblemCode } from '../problems/lifecycle.problems.js';
import { instanceError, isTransient } from '../problems/provider-errors.js';
import type { Decision, LifecyclePolicy, Situation } from './model.js';

/*
 * The changes of a record from which every decision is built: a new desired state, a new run, a counted command, readiness,
 * the time of the next pass; and the ends: a run that is given up (`failed`), a record whose instance is gone (`terminated`),
 * an instance that vanished although nobody here deleted it.
 */

/**
 * The record with a new desired state, to be carried out at once; a start gets the time by which it must be ready.
 *
 * @param now milliseconds since 1970; the time at which this is desired
 */
export function withDesiredState(
  record: InstanceRecord,
  state: DesiredState,
  by: Actor,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const changed = recordWithDesiredState(record, state, by, now);
  return state === 'running' ? withStartupBy(changed, now, policy) : changed;
}

/** The record at the start of a run that the provider began: a new clock, and nothing of the run before. */
export function withNewRun(record: InstanceRecord, now: number, policy: LifecyclePolicy): InstanceRecord {
  const timestamps = timestampsOfNewRun(record.timestamps);
  return withStartupBy({ ...record, probes: [], timestamps }, now, policy);
}

/** Gives the run its full time from now on. */
export function withStartupBy(record: InstanceRecord, now: number, policy: LifecyclePolicy): InstanceRecord {
  const startupBy = timestampFromMs(now + policy.startupTimeoutMs);
  return { ...record, deadlines: { ...record.deadlines, startupBy } };
}

/** The intent to send one more command, counted before it is sent. */
export function countCommand(record: InstanceRecord, now: number): InstanceRecord {
  const { attempts } = record;
  return {
    ...record,
    attempts: { ...attempts, commands: attempts.commands + 1, lastCommandAt: timestampFromMs(now) },
  };
}

/** What a caller has to know even when the instance is ready. */
const LASTING: ReadonlySet<string> = new Set<LifecycleProblemCode>(['duplicate-at-provider', 'restart-refused']);

/** The run has arrived, and with it a migration: errors of its start-up are forgotten, unless they last. */
export function asReady(record: InstanceRecord, at: Timestamp): InstanceRecord {
  const { migration } = record;
  const isMigrated = migration?.state === 'starting';
  return {
    ...record,
    status: 'ready',
    timestamps: { ...record.timestamps, ready: at, ...(isMigrated ? { migrated: at } : {}) },
    migration: isMigrated ? { ...migration, state: 'done' } : migration,
    lastError: record.lastError !== null && LASTING.has(record.lastError.code) ? record.lastError : null,
  };
}

/** The same record, to be reconciled again at this time. */
export function wakeAt(record: InstanceRecord, epochMs: number): InstanceRecord {
  return { ...record, deadlines: { ...record.deadlines, nextReconcileAt: timestampFromMs(epochMs) } };
}

/** @param inMs until the next observation */
export function poll(record: InstanceRecord, now: number, inMs: number, reason: string): Decision {
  return { step: { kind: 'poll' }, record: wakeAt(withoutErrors(record), now + inMs), reason };
}

/** As `poll`, but the error that holds us up stays in the record. */
export function wait(record: InstanceRecord, now: number, inMs: number, reason: string): Decision {
  return { step: { kind: 'wait' }, record: wakeAt(record, now + inMs), reason };
}

/**
 * Whether an instance that another one has replaced is to be deleted now: the new one is ready, or is not wanted to run
 * any more. One in whose place another was bought is kept until that was ready, as long as the record is not deleted.
 */
export function mayEndReplaced({ migration, desired, status }: InstanceRecord): boolean {
  if (migration === null || migration.replaced === null) return false;
  if (status === 'ready' || status === 'terminated') return true;
  return migration.fallback?.state === 'bought' ? desired.state === 'deleted' : desired.state !== 'running';
}

/** In the desired state and confirmed. Observed again now and then, if the policy says so, to detect foreign changes. */
export function settle(record: InstanceRecord, now: number, policy: LifecyclePolicy, reason: string): Decision {
  const { nextReconcileAt: _next, startupBy: _startupBy, ...deadlines } = record.deadlines;
  const rested = { ...withoutErrors(record), deadlines };
  // An instance that a migration has replaced is still to be deleted.
  if (mayEndReplaced(record)) return { step: { kind: 'done' }, record: wakeAt(rested, now), reason };
  return {
    step: { kind: 'done' },
    record:
      policy.settledRefreshMs === null ? rested : wakeAt(rested, now + spread(policy.settledRefreshMs, record.id)),
    reason,
  };
}

/**
 * Gives the desired state up: `failed`, with the reason. An instance that may be left at the provider is stopped, not
 * forgotten; the desired state becomes `stopped` and is unconfirmed until the provider agrees.
 */
export function asFailed(
  record: InstanceRecord,
  code: LifecycleProblemCode,
  message: string,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const { timestamps, migration } = record;
  return {
    ...withDesiredState(record, 'stopped', 'lifecycle', now, policy),
    status: 'failed',
    timestamps,
    migration: migration?.state === 'starting' ? { ...migration, state: 'failed' } : migration,
    lastError: instanceError(code, message, timestampFromMs(now)),
  };
}

/** The decision to give the desired state up. */
export function fail(
  { now, policy }: Pick<Situation, 'now' | 'policy'>,
  record: InstanceRecord,
  code: LifecycleProblemCode,
  message: string,
): Decision {
  return {
    step: { kind: 'fail' },
    record: asFailed(record, code, message, now, policy),
    reason: `${code}: ${message}`,
  };
}

/** An observation showed that the provider has no such instance. */
export function asTerminated(record: InstanceRecord, at: Timestamp, policy: LifecyclePolicy): InstanceRecord {
  return {
    ...record,
    status: 'terminated',
    restartRequestedAt: null,
    confirmedAt: at,
    foreignChange: null,
    timestamps: { ...record.timestamps, terminated: at },
    deadlines: { purgeAt: timestampFromMs(Date.parse(at) + policy.tombstoneMs) },
    attempts: { ...record.attempts, faults: 0 },
  };
}

/**
 * An observation showed that the provider has no such instance, and nobody here deleted it. The record ends; the
 * instance is never created anew by itself.
 */
export function vanish({ record, observation, policy }: Situation): Decision {
  const message = `Novita has no instance ${record.novitaInstanceId} any more`;
  return {
    step: { kind: 'done' },
    record: {
      ...asTerminated(record, observation.at, policy),
      desired: { state: 'deleted', at: observation.at, by: 'lifecycle' },
      lastError: instanceError('vanished-at-provider', message, observation.at),
    },
    reason: message,
  };
}

/** The provider answers again: the count of errors and a passing error go. */
function withoutErrors(record: InstanceRecord): InstanceRecord {
  const cured = record.status !== 'failed' && isTransient(record.lastError);
  return {
    ...record,
    lastError: cured ? null : record.lastError,
    attempts: { ...record.attempts, faults: 0 },
  };
}

/** Between 80 % and 120 %, always the same for one id, so that a fleet created together is not refreshed together. */
function spread(ms: number, id: string): number {
  let hash = 0;
  for (const character of id) hash = (hash * 31 + character.charCodeAt(0)) % 1_000_003;
  return Math.round(ms * (0.8 + (0.4 * hash) / 1_000_003));
}
