import type { InstanceRecord } from '@app/instance-store';
import { type Timestamp, timestampFromMs } from '@app/platform';
import type { LifecycleProblemCode } from '../problems/lifecycle.problems.js';
import { instanceError } from '../problems/provider-errors.js';
import type { Decision, LifecyclePolicy, Situation } from './model.js';
import { withDesiredState } from './transitions.js';

/*
 * The ends: a run that is given up (`failed`), a record whose instance is gone (`terminated`), and an instance that
 * vanished although nobody here deleted it.
 */

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
