import type { CreateAttempt, InstanceRecord } from '@app/instance-store';
import { mayBill, type NovitaInstance, phaseOf } from '@app/novita-client';
import { msFromTimestamp } from '@app/platform';
import { type Decision, wait, wakeAt } from './decision.js';
import type { MarkerSearch, Sight } from './observation.js';
import type { LifecyclePolicy } from './policy.js';

/*
 * A create whose outcome is not known is "open". While it is open no other create is sent and nothing is called
 * finished; it is closed by the create's own answer, or by a look that counts.
 */

/** Whether a look can prove what became of an attempt: clean, and begun when the provider must show what it made. */
function lookCounts(attempt: CreateAttempt, search: MarkerSearch, policy: LifecyclePolicy): boolean {
  return search.clean && msFromTimestamp(search.beganAt) >= graceEnd(attempt, policy);
}

/** The open create after this search: null when it is accounted for and nothing surplus is left of it. */
export function closeCreate(
  record: InstanceRecord,
  search: MarkerSearch | null,
  policy: LifecyclePolicy,
): CreateAttempt | null {
  const open = record.attempts.openCreate;
  if (open === null || search === null || !lookCounts(open, search, policy)) return open;
  return surplusOf(record, search).length === 0 ? null : open;
}

/** Waits for the look that closes the open create; looks now and then before, because what it made may show earlier. */
export function waitForOpenCreate(
  record: InstanceRecord,
  open: CreateAttempt,
  now: number,
  policy: LifecyclePolicy,
): Decision {
  const end = graceEnd(open, policy);
  const inMs = end > now ? Math.min(end - now, policy.pollIntervalMs) : 0;
  return wait(record, now, inMs, 'a create of unknown outcome is open; its grace must pass before a look counts');
}

/**
 * Looks after what an open create may have left, when the instance itself needs nothing now: another one with our
 * marker is stopped (deleted, if that is the wish), and the look that closes the create is not missed.
 */
export function withSurplus(decision: Decision, seen: Sight, now: number, policy: LifecyclePolicy): Decision {
  const { record, step } = decision;
  const open = record.attempts.openCreate;
  const passive = step.kind === 'poll' || step.kind === 'wait' || step.kind === 'done';
  if (open === null || record.novitaInstanceId === null || !passive) return decision;
  const surplus = seen.search === null ? undefined : surplusOf(record, seen.search)[0];
  if (surplus === undefined) return wakeNoLaterThan(decision, waitForOpenCreate(record, open, now, policy));
  return {
    step: { kind: record.desired.state === 'deleted' ? 'delete-surplus' : 'stop-surplus', target: surplus.id },
    record: wakeAt(record, now + policy.pollIntervalMs),
    reason: `instance ${surplus.id} carries our marker too, and we keep ${record.novitaInstanceId}`,
  };
}

/** Those that carry our marker beside the one we keep, and that still have to be dealt with. */
function surplusOf(record: InstanceRecord, search: MarkerSearch): readonly NovitaInstance[] {
  return search.matches.filter(({ id, status }) => {
    if (id === record.novitaInstanceId) return false;
    const phase = phaseOf(status);
    return record.desired.state === 'deleted' ? phase !== 'removing' && phase !== 'gone' : mayBill(phase);
  });
}

function wakeNoLaterThan(decision: Decision, other: Decision): Decision {
  const mine = decision.record.deadlines.nextReconcileAt;
  const theirs = other.record.deadlines.nextReconcileAt;
  if (theirs === undefined || (mine !== undefined && mine <= theirs)) return decision;
  return { ...decision, record: wakeAt(decision.record, msFromTimestamp(theirs)) };
}

function graceEnd(attempt: CreateAttempt, policy: LifecyclePolicy): number {
  return msFromTimestamp(attempt.startedAt) + policy.createRetryGraceMs;
}
