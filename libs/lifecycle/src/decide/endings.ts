import type { InstanceRecord } from '@app/instance-store';
import { type Timestamp, timestampFromMs } from '@app/platform';
import type { LifecycleProblemCode } from '../problems/lifecycle.problems.js';
import { instanceError } from '../problems/provider-fault.js';
import type { Decision } from './decision.js';
import type { LifecyclePolicy } from './policy.js';
import type { Situation } from './situation.js';
import { withWish } from './wish.js';

/**
 * Gives the wish up: `failed`, with the reason. What may be left at the provider is to be stopped, not forgotten; the
 * wish becomes `stopped` and is unconfirmed until the provider agrees.
 */
export function failed(
  record: InstanceRecord,
  code: LifecycleProblemCode,
  message: string,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const { timestamps } = record;
  return {
    ...withWish(record, 'stopped', 'lifecycle', now, policy),
    status: 'failed',
    timestamps,
    lastError: instanceError(code, message, timestampFromMs(now)),
  };
}

export function fail(
  { now, policy }: Pick<Situation, 'now' | 'policy'>,
  record: InstanceRecord,
  code: LifecycleProblemCode,
  message: string,
): Decision {
  return { step: { kind: 'fail' }, record: failed(record, code, message, now, policy), reason: `${code}: ${message}` };
}

/** What a caller has to know even when the instance is ready. */
const LASTING: ReadonlySet<string> = new Set<LifecycleProblemCode>(['duplicate-at-provider', 'restart-refused']);

/** The run has arrived: what went wrong on the way is forgotten, unless it lasts. */
export function asReady(record: InstanceRecord, at: Timestamp): InstanceRecord {
  return {
    ...record,
    status: 'ready',
    timestamps: { ...record.timestamps, ready: at },
    lastError: record.lastError !== null && LASTING.has(record.lastError.code) ? record.lastError : null,
  };
}

/** The provider was seen to have no such instance, as wished. */
export function terminated(record: InstanceRecord, at: Timestamp, policy: LifecyclePolicy): InstanceRecord {
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
 * The provider was seen to have no such instance, and nobody here wished it. The record ends; it is never created anew
 * by itself.
 */
export function vanish({ record, seen, policy }: Situation): Decision {
  const message = `Novita has no instance ${record.novitaInstanceId} any more`;
  return {
    step: { kind: 'done' },
    record: {
      ...terminated(record, seen.at, policy),
      desired: { state: 'deleted', at: seen.at, by: 'lifecycle' },
      lastError: instanceError('vanished-at-provider', message, seen.at),
    },
    reason: message,
  };
}
