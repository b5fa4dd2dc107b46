import type { InstanceRecord } from '@app/instance-store';
import type { NovitaInstanceId } from '@app/novita-client';
import { timestampFromMs } from '@app/platform';
import { isTransient } from '../problems/provider-fault.js';
import type { LifecyclePolicy } from './policy.js';

/**
 * The next thing to do for one record. `look`, `create`, `start`, `stop`, `restart`, `delete` and `probe` reach out;
 * the others only write.
 */
export type Step =
  | { readonly kind: 'look'; readonly by: 'id' | 'marker' | 'both' | 'id-then-marker' }
  /** The intent stands in `attempts.openCreate` of the decision's record. */
  | { readonly kind: 'create' }
  | { readonly kind: 'start' | 'stop' | 'restart' | 'delete'; readonly target: NovitaInstanceId }
  /** Another instance with our marker, beside the one that we keep. */
  | { readonly kind: 'stop-surplus' | 'delete-surplus'; readonly target: NovitaInstanceId }
  | { readonly kind: 'probe' }
  /** A lost create was found again; the next pass goes on with it. */
  | { readonly kind: 'adopt' }
  /** The wish is given up; the record says why. */
  | { readonly kind: 'fail' }
  /** On its way as wished: look again at the record's `nextReconcileAt`. */
  | { readonly kind: 'poll' }
  /** Held up: come again at the record's `nextReconcileAt`. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'done' };

export interface Decision {
  readonly step: Step;
  /**
   * The record as it must be written before the step is carried out: with what was seen, the intent, and the time at
   * which a process that finds it like this should go on.
   */
  readonly record: InstanceRecord;
  /** One line for the log. */
  readonly reason: string;
}

/** The same record, to be looked after again at this time. */
export function wakeAt(record: InstanceRecord, epochMs: number): InstanceRecord {
  return { ...record, deadlines: { ...record.deadlines, nextReconcileAt: timestampFromMs(epochMs) } };
}

/** @param inMs until the next look */
export function poll(record: InstanceRecord, now: number, inMs: number, reason: string): Decision {
  return { step: { kind: 'poll' }, record: wakeAt(withoutFaults(record), now + inMs), reason };
}

/** As `poll`, but what holds us up stays in the record. */
export function wait(record: InstanceRecord, now: number, inMs: number, reason: string): Decision {
  return { step: { kind: 'wait' }, record: wakeAt(record, now + inMs), reason };
}

/** As wished and confirmed. Looked at again now and then, if the policy says so, to notice what others do to it. */
export function settle(record: InstanceRecord, now: number, policy: LifecyclePolicy, reason: string): Decision {
  const { nextReconcileAt: _next, startupBy: _startupBy, ...deadlines } = record.deadlines;
  const rested = { ...withoutFaults(record), deadlines };
  return {
    step: { kind: 'done' },
    record:
      policy.settledRefreshMs === null ? rested : wakeAt(rested, now + spread(policy.settledRefreshMs, record.id)),
    reason,
  };
}

/** The provider answers again: the count of faults and a passing error go. */
function withoutFaults(record: InstanceRecord): InstanceRecord {
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
