import type { CreateAttempt, InstanceRecord, ProductCandidate } from '@app/instance-store';
import type { NovitaInstanceId } from '@app/novita-client';
import { timestampFromMs } from '@app/platform';
import { instanceError, type ProviderFault, problemCodeOf } from '../problems/provider-fault.js';
import { wakeAt } from './decision.js';
import { failed } from './endings.js';
import { backOffMs, firstLookMs, type LifecyclePolicy } from './policy.js';

export type CreateOutcome =
  | { readonly kind: 'created'; readonly id: NovitaInstanceId }
  | { readonly kind: 'refused'; readonly fault: ProviderFault }
  /** The process found itself too late to send it. */
  | { readonly kind: 'not-sent' };

/**
 * What the answer to a create teaches, whatever has become of the record meanwhile: an id that was paid for is never
 * dropped.
 *
 * @param record as it stands now, perhaps under another wish than when the create was sent
 * @param attempt the open create as it was written before the call
 */
export function noteCreateOutcome(
  record: InstanceRecord,
  attempt: CreateAttempt,
  outcome: CreateOutcome,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const isOurs = record.attempts.openCreate?.startedAt === attempt.startedAt;
  switch (outcome.kind) {
    case 'created':
      return noteId(record, outcome.id, isOurs, now, policy);
    case 'not-sent':
      return isOurs ? wakeAt(closed(record), now) : record;
    case 'refused':
      return isOurs ? noteRefusal(record, outcome.fault, now, policy) : record;
  }
}

function noteId(
  record: InstanceRecord,
  id: NovitaInstanceId,
  isOurs: boolean,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  if (record.novitaInstanceId === id) return record;
  const at = timestampFromMs(now);
  if (record.novitaInstanceId !== null) {
    // Somebody has adopted another one: an open create makes the next looks search for both.
    const openCreate = record.attempts.openCreate ?? { startedAt: at, productId: record.spec.productId };
    return wakeAt({ ...record, attempts: { ...record.attempts, openCreate } }, now);
  }
  // A create that followed another one in the same wish stays open for one more look: the other may come late.
  const isOnly = isOurs && record.attempts.creates <= 1;
  const taken: InstanceRecord = {
    ...(isOnly ? closed(record) : record),
    novitaInstanceId: id,
    observedAt: at,
    source: 'command',
  };
  const starting = record.desired.state === 'running';
  return wakeAt(starting ? acceptedByProvider(taken, now, policy) : taken, starting ? now + firstLookMs(policy) : now);
}

/** Progress: the provider has taken the wish, and the patience of the run begins anew. */
function acceptedByProvider(record: InstanceRecord, now: number, policy: LifecyclePolicy): InstanceRecord {
  const startupBy = timestampFromMs(now + policy.startupTimeoutMs);
  return {
    ...record,
    status: 'created',
    lastError: null,
    deadlines: { ...record.deadlines, startupBy },
    attempts: { ...record.attempts, faults: 0 },
  };
}

function noteRefusal(
  record: InstanceRecord,
  fault: ProviderFault,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const faults = record.attempts.faults + 1;
  const code = problemCodeOf(fault.kind);
  const lastError = instanceError(code, fault.message, timestampFromMs(now));
  const counted = { ...record, attempts: { ...record.attempts, faults } };
  // What an unanswered create has made shows early, if at all: look soon, and again when the grace is over.
  if (fault.effectUnknown) return wakeAt({ ...counted, lastError }, now + firstLookMs(policy));
  const refused = closed(counted);
  if (record.desired.state !== 'running') return wakeAt(refused, now);
  switch (fault.kind) {
    case 'rate-limited':
    case 'circuit-open':
      return wakeAt({ ...refused, lastError }, now + Math.max(backOffMs(policy, faults), fault.retryAfterMs ?? 0));
    case 'insufficient-resource': {
      const elsewhere = atNextCandidate(refused);
      const triedAll = record.attempts.creates > record.spec.fallbacks.length;
      if (triedAll) return failed(elsewhere, 'resource-constraints', fault.message, now, policy);
      return wakeAt({ ...elsewhere, lastError }, now);
    }
    case 'unauthorized':
    case 'insufficient-balance':
      return failed(refused, code, fault.message, now, policy);
    case 'not-found':
    case 'invalid-state':
    case 'invalid-request':
    case 'server-fault':
    case 'network':
    case 'timeout':
    case 'malformed-answer':
    case 'unclean-listing':
      return failed(refused, 'startup-failed', fault.message, now, policy);
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
