import type { CreateAttempt, InstanceRecord, ProductCandidate } from '@app/instance-store';
import { mayBill, type NovitaInstance, type NovitaInstanceId, phaseOf } from '@app/novita-client';
import { msFromTimestamp, timestampFromMs } from '@app/platform';
import { instanceError, type ProviderError, problemCodeOf } from '../problems/provider-errors.js';
import {
  type Absent,
  backOffMs,
  type ClearObservation,
  type Decision,
  firstPollMs,
  isPastStartup,
  type LifecyclePolicy,
  type MarkerSearch,
  type Situation,
} from './model.js';
import { asFailed, fail, wait, wakeAt, withStartupBy } from './transitions.js';

/*
 * How a create is made safe against a crash. A create costs money and Novita has no idempotency key, so a lost answer
 * must neither be forgotten (an orphan that bills) nor repeated (two machines). In the order of time:
 *
 * 1. `decideCreate` writes the intent, `attempts.openCreate`, before the call. While it is open no other create is
 *    sent, and nothing is called finished.
 * 2. `createWindowMs` ends the call well before the grace does: a process that was paused between intent and call does
 *    not send it after another one has searched.
 * 3. `applyCreateOutcome` takes the answer into the record, whatever has become of the record meanwhile.
 * 4. Without an answer (crash, timeout, 5xx) the next passes search for the marker in the instance's name. A match is
 *    adopted (decide.ts). Only a clean search that began after the grace closes the intent (`closeCreate`); before it
 *    `waitForOpenCreate` holds the record up.
 * 5. `handleDuplicates` stops or deletes a second instance with our marker.
 *
 * The call itself is in reconcile/step-runner.ts, the search in reconcile/provider-observer.ts.
 */

/** No id is known and a clean search found nothing: the one place that decides to send a create. */
export function decideCreate(situation: Situation<Absent>): Decision {
  const { record, now, policy } = situation;
  const open = record.attempts.openCreate;
  if (open !== null) return waitForOpenCreate(record, open, now, policy);
  if (isPastStartup(record, now)) return giveUpCreating(situation);
  const startedAt = timestampFromMs(now);
  const intent: InstanceRecord = {
    ...record,
    status: 'creating',
    attempts: {
      ...record.attempts,
      creates: record.attempts.creates + 1,
      openCreate: { startedAt, productId: record.spec.productId },
    },
  };
  return {
    step: { kind: 'create' },
    record: wakeAt(intent, now + Math.min(policy.pollIntervalMs, policy.createRetryGraceMs)),
    reason: `nothing at Novita carries ${record.marker}; create number ${intent.attempts.creates} of this run`,
  };
}

/** The reason is the error that held the creates up; without any, the time simply ran out. */
function giveUpCreating(situation: Situation): Decision {
  const { record } = situation;
  const error = record.lastError;
  if (error === null && record.attempts.creates === 0) {
    const message =
      'No worker came to it before its time to start was over. Novita was not asked, and nothing was made';
    return fail(situation, record, 'startup-timeout', message);
  }
  if (error === null) return fail(situation, record, 'startup-timeout', 'Novita did not take the create in time');
  const failure = fail(situation, record, 'startup-timeout', error.message);
  return { ...failure, record: { ...failure.record, lastError: error } };
}

/**
 * How long a create may be under way, from the intent on. It ends well before the grace does, so that a process that
 * was paused between writing the intent and sending the call cannot send it after another one has searched.
 */
export function createWindowMs(policy: LifecyclePolicy): { readonly sendWithin: number; readonly endWithin: number } {
  return { sendWithin: policy.createRetryGraceMs * 0.25, endWithin: policy.createRetryGraceMs * 0.75 };
}

/** Waits for the search that closes the open create; searches before it as well, because the instance may show earlier. */
export function waitForOpenCreate(
  record: InstanceRecord,
  open: CreateAttempt,
  now: number,
  policy: LifecyclePolicy,
): Decision {
  const end = graceEnd(open, policy);
  const inMs = end > now ? Math.min(end - now, policy.pollIntervalMs) : 0;
  return wait(record, now, inMs, 'a create of unknown outcome is open; its grace must pass before a search counts');
}

/** The open create after this search: null when it is accounted for and no duplicate is left of it. */
export function closeCreate(
  record: InstanceRecord,
  search: MarkerSearch | null,
  policy: LifecyclePolicy,
): CreateAttempt | null {
  const open = record.attempts.openCreate;
  if (open === null || search === null || !searchCounts(open, search, policy)) return open;
  return duplicatesOf(record, search).length === 0 ? null : open;
}

/** Whether a search proves what became of an attempt: clean, and begun when the provider must show what it made. */
function searchCounts(attempt: CreateAttempt, search: MarkerSearch, policy: LifecyclePolicy): boolean {
  return search.clean && msFromTimestamp(search.beganAt) >= graceEnd(attempt, policy);
}

function graceEnd(attempt: CreateAttempt, policy: LifecyclePolicy): number {
  return msFromTimestamp(attempt.startedAt) + policy.createRetryGraceMs;
}

/**
 * Handles what an open create may have left, when the instance itself needs nothing now: another instance with our
 * marker is stopped (deleted, if that is the desired state), and the search that closes the create is not missed.
 */
export function handleDuplicates(
  decision: Decision,
  observation: ClearObservation,
  now: number,
  policy: LifecyclePolicy,
): Decision {
  const { record, step } = decision;
  const open = record.attempts.openCreate;
  const passive = step.kind === 'poll' || step.kind === 'wait' || step.kind === 'done';
  if (open === null || record.novitaInstanceId === null || !passive) return decision;
  const duplicate = observation.search === null ? undefined : duplicatesOf(record, observation.search)[0];
  if (duplicate === undefined) return wakeNoLaterThan(decision, waitForOpenCreate(record, open, now, policy));
  return {
    step: { kind: record.desired.state === 'deleted' ? 'delete-surplus' : 'stop-surplus', target: duplicate.id },
    record: wakeAt(record, now + policy.pollIntervalMs),
    reason: `instance ${duplicate.id} carries our marker too, and we keep ${record.novitaInstanceId}`,
  };
}

/** Those that carry our marker beside the one we keep, and that still have to be stopped or deleted. */
function duplicatesOf(record: InstanceRecord, search: MarkerSearch): readonly NovitaInstance[] {
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

export type CreateOutcome =
  | { readonly kind: 'created'; readonly id: NovitaInstanceId }
  | { readonly kind: 'refused'; readonly error: ProviderError }
  /** The process found itself too late to send it. */
  | { readonly kind: 'not-sent' };

/**
 * Takes the answer to a create into the record, whatever has become of the record meanwhile: an id that was paid for is
 * never dropped.
 *
 * @param record as it stands now, perhaps under another desired state than when the create was sent
 * @param attempt the open create as it was written before the call
 */
export function applyCreateOutcome(
  record: InstanceRecord,
  attempt: CreateAttempt,
  outcome: CreateOutcome,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const isOurs = record.attempts.openCreate?.startedAt === attempt.startedAt;
  switch (outcome.kind) {
    case 'created':
      return applyId(record, outcome.id, isOurs, now, policy);
    case 'not-sent':
      return isOurs ? wakeAt(closed(record), now) : record;
    case 'refused':
      return isOurs ? applyCreateError(record, outcome.error, now, policy) : record;
  }
}

function applyId(
  record: InstanceRecord,
  id: NovitaInstanceId,
  isOurs: boolean,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  if (record.novitaInstanceId === id) return record;
  const at = timestampFromMs(now);
  if (record.novitaInstanceId !== null) {
    // Somebody has adopted another one: an open create makes the next passes search for both.
    const openCreate = record.attempts.openCreate ?? { startedAt: at, productId: record.spec.productId };
    return wakeAt({ ...record, attempts: { ...record.attempts, openCreate } }, now);
  }
  // A create that followed another one in the same run stays open for one more search: the other may come late.
  const isOnly = isOurs && record.attempts.creates <= 1;
  const taken: InstanceRecord = {
    ...(isOnly ? closed(record) : record),
    novitaInstanceId: id,
    observedAt: at,
    source: 'command',
  };
  if (record.desired.state !== 'running') return wakeAt(taken, now);
  // Progress: the provider has taken the create, and the time of the run begins anew.
  const accepted: InstanceRecord = {
    ...withStartupBy(taken, now, policy),
    status: 'created',
    lastError: null,
    attempts: { ...taken.attempts, faults: 0 },
  };
  return wakeAt(accepted, now + firstPollMs(policy));
}

function applyCreateError(
  record: InstanceRecord,
  error: ProviderError,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const faults = record.attempts.faults + 1;
  const code = problemCodeOf(error.kind);
  const lastError = instanceError(code, error.message, timestampFromMs(now));
  const counted = { ...record, attempts: { ...record.attempts, faults } };
  // The instance of an unanswered create shows early, if at all: search soon, and again when the grace is over.
  if (error.effectUnknown) return wakeAt({ ...counted, lastError }, now + firstPollMs(policy));
  const refused = closed(counted);
  if (record.desired.state !== 'running') return wakeAt(refused, now);
  switch (error.kind) {
    case 'rate-limited':
    case 'circuit-open':
      return wakeAt({ ...refused, lastError }, now + Math.max(backOffMs(policy, faults), error.retryAfterMs ?? 0));
    case 'insufficient-resource': {
      const elsewhere = atNextCandidate(refused);
      const triedAll = record.attempts.creates > record.spec.fallbacks.length;
      if (triedAll) return asFailed(elsewhere, 'resource-constraints', error.message, now, policy);
      return wakeAt({ ...elsewhere, lastError }, now);
    }
    case 'unauthorized':
    case 'insufficient-balance':
      return asFailed(refused, code, error.message, now, policy);
    case 'not-found':
    case 'invalid-state':
    case 'invalid-request':
    case 'server-fault':
    case 'network':
    case 'timeout':
    case 'malformed-answer':
    case 'unclean-listing':
      return asFailed(refused, 'startup-failed', error.message, now, policy);
  }
}

/**
 * The record at the next place to try, the present one put last: when all have been tried the order is the first one
 * again, for a later start.
 */
function atNextCandidate(record: InstanceRecord): InstanceRecord {
  const { productId, productName, clusterId, region, fallbacks } = record.spec;
  const [next, ...others] = fallbacks;
  if (next === undefined) return record;
  const present: ProductCandidate = { productId, productName, clusterId, region, ...record.price };
  const { usdPerHour, ...place } = next;
  return {
    ...record,
    spec: { ...record.spec, ...place, fallbacks: [...others, present] },
    price: { usdPerHour },
  };
}

function closed(record: InstanceRecord): InstanceRecord {
  return { ...record, attempts: { ...record.attempts, openCreate: null } };
}
