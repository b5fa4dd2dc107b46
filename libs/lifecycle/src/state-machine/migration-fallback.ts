import {
  type InstanceRecord,
  isMigrationDue,
  type Migration,
  type MigrationFallback,
  type ProductCandidate,
} from '@app/instance-store';
import { type NovitaInstanceId, phaseOf } from '@app/novita-client';
import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import { chooseReplacement, type Offers, offerKey, type Replacement } from '../catalogue/replacement-product.js';
import { instanceError, type ProviderError, problemCodeOf } from '../problems/provider-errors.js';
import type { CreateOutcome } from './crash-safe-create.js';
import { boughtAs, failedMigration, forNextAttempt, postponed, withoutStock } from './migration-outcomes.js';
import { type Decision, type Found, firstPollMs, type LifecyclePolicy, type Situation } from './model.js';
import { wait, wakeAt } from './transitions.js';

/*
 * The purchase in place of a migration, where the provider has no machine to migrate to and the fleet may take another
 * product (ADR 33). It is a create under the marker of the record that it is for, and it goes the way of a migration that
 * ends under another id: intent, search by the marker, the new id in the record, the old instance deleted when the new
 * one is ready. In the order of time:
 *
 * 1. A refusal for want of stock makes it `due`. The next pass reads the catalogue, the jobs, and all that carries the
 *    marker.
 * 2. `decidePurchase` chooses the offer and writes the intent, `open`, under a place of the fleet; only then is it sent.
 * 3. While it is open nothing else is requested, and nothing is called finished. An instance that carries the marker is
 *    taken for what was bought (`withReplacement`); only a clean search that began after the grace and found none proves
 *    that nothing was.
 * 4. `bought`: no other purchase is made for this reclaim.
 */

type OpenPurchase = Extract<MigrationFallback, { readonly state: 'open' }>;

/** Offers that are tried in a row; each costs a search and a create. */
const MAX_REFUSED = 10;
const CATALOGUE_UNREAD = "Novita's catalogue could not be read";

/** Whether another instance may be bought in the place of this one. */
export function mayBuy(record: InstanceRecord, migration: Migration, policy: LifecyclePolicy): boolean {
  return policy.migration.fallback === 'same-or-better' && noPurchaseReason(record, migration) === null;
}

/**
 * Why nothing may be bought in the place of an instance, whatever is on offer; null where something may. Without our marker
 * one whose answer is lost could not be found; what an earlier reclaim has left must be gone first, since a record remembers
 * one instance beside its own.
 */
function noPurchaseReason(
  { marker, spec }: InstanceRecord,
  { fallback, replaced }: Pick<Migration, 'fallback' | 'replaced'>,
): string | null {
  if (fallback?.state === 'bought') return 'another instance was bought for this reclaim already';
  if (marker === '') return 'it carries no marker of ours, by which what was bought could be found';
  if (replaced !== null) return `what an earlier reclaim has left, ${replaced}, is not gone yet`;
  const isSpecKnown = spec.productId !== '' && spec.image !== '' && spec.gpuNum > 0 && spec.rootfsSize > 0;
  return isSpecKnown ? null : 'it is not known how it was made';
}

/**
 * What would be bought in the place of a reclaimed instance now, if the provider had no machine to migrate it to.
 *
 * @param offers null where the catalogue cannot be read
 * @returns null where the policy buys nothing
 */
export function previewPurchase(
  record: InstanceRecord,
  offers: Offers | null,
  policy: LifecyclePolicy,
): Replacement | null {
  if (policy.migration.fallback !== 'same-or-better') return null;
  // A migration that is over says nothing of the reclaim that is to be answered, but for what it has left.
  const { migration } = record;
  const fallback = isMigrationDue(migration) ? migration.fallback : undefined;
  const replaced = migration?.replaced ?? null;
  const reason = noPurchaseReason(record, { replaced, ...(fallback !== undefined && { fallback }) });
  if (reason !== null) return { kind: 'none', reason };
  if (offers === null) return { kind: 'none', reason: CATALOGUE_UNREAD };
  return chooseFor(record, migration, fallback?.state === 'due' ? fallback.refused : [], offers, policy);
}

function chooseFor(
  { spec, price }: InstanceRecord,
  migration: Migration | null,
  refused: readonly string[],
  offers: Offers,
  { migration: { maxPriceIncreasePercent } }: LifecyclePolicy,
): Replacement {
  const agreedUsdPerHour = migration?.agreedUsdPerHour ?? price.usdPerHour;
  return chooseReplacement(offers, { spec, agreedUsdPerHour, maxPriceIncreasePercent, refused });
}

/** The record with a purchase to be made, once an offer is chosen. */
export function withPurchaseDue(record: InstanceRecord, migration: Migration, now: number): InstanceRecord {
  return postponed({ ...record, migration: { ...migration, fallback: { state: 'due', refused: [] } } }, now, 0);
}

/**
 * An instance is to be bought in the place of one that is down and reclaimed.
 * @returns null when none is: the migration is requested (again)
 */
export function decidePurchase(situation: Situation<Found>, migration: Migration): Decision | null {
  const { record, observation, now, policy } = situation;
  const { fallback } = migration;
  if (fallback?.state !== 'due' || !mayBuy(record, migration, policy)) return null;
  const { search, trace } = observation;
  if (search === null || trace?.offers === undefined) {
    return wait(record, now, 0, 'what could be bought in its place was not read yet');
  }
  if (!search.clean) return wait(record, now, firstPollMs(policy), 'the listing changed while it was read');
  const other = search.matches.find(({ id, status }) => {
    const phase = phaseOf(status);
    return id !== record.novitaInstanceId && phase !== 'removing' && phase !== 'gone';
  });
  if (other !== undefined) return withoutPurchase(situation, migration, `${other.id} carries its marker too`);
  if (trace.offers === null) return withoutPurchase(situation, migration, CATALOGUE_UNREAD);
  const choice = chooseFor(record, migration, fallback.refused, trace.offers, policy);
  if (choice.kind === 'none') return withoutPurchase(situation, migration, choice.reason);
  return buy(
    situation,
    migration,
    { state: 'open', product: choice.candidate, refused: fallback.refused },
    choice.agreedUsdPerHour,
  );
}

/** The intent, and the time by which the new instance must be there. */
function buy(
  { record, now, policy }: Situation<Found>,
  migration: Migration,
  fallback: OpenPurchase,
  agreedUsdPerHour: number,
): Decision {
  const { product } = fallback;
  const intent: InstanceRecord = {
    ...record,
    status: 'migrating',
    deadlines: { ...record.deadlines, migrateBy: timestampFromMs(now + policy.migration.timeoutMs) },
    migration: {
      ...forNextAttempt(migration),
      state: 'requested',
      requestedAt: timestampFromMs(now),
      jobId: null,
      nextAttemptAt: null,
      fallback,
      agreedUsdPerHour,
    },
  };
  return {
    step: { kind: 'buy-replacement' },
    record: wakeAt(intent, now + firstPollMs(policy)),
    reason: `Novita has no machine to migrate to; buying ${describe(product)} in place of ${record.spec.productName}${perHour(record.price.usdPerHour)}. What was on the old disks is lost`,
  };
}

/** Nothing is bought now; the migration is requested again after a while. */
function withoutPurchase({ record, now, policy }: Situation<Found>, migration: Migration, reason: string): Decision {
  const message = `Novita has no machine to migrate to, and none was bought: ${reason}`;
  return { step: { kind: 'wait' }, record: withoutStock(record, migration, message, now, policy), reason: message };
}

/** What an open purchase has come to, as far as a search shows that found no new instance. */
export type PurchaseState = 'nothing-bought' | 'unknown';

/** Only a clean search that began after the grace proves that nothing was bought. */
export function purchaseState({ observation, policy }: Situation, { requestedAt }: Migration): PurchaseState {
  const { search } = observation;
  if (search === null || !search.clean || requestedAt === null) return 'unknown';
  const isLate = msFromTimestamp(search.beganAt) >= msFromTimestamp(requestedAt) + policy.createRetryGraceMs;
  return isLate ? 'nothing-bought' : 'unknown';
}

/** Waits for the search that tells. */
export function awaitPurchase({ record, now, policy }: Situation, { requestedAt }: Migration): Decision {
  const end = (requestedAt === null ? now : msFromTimestamp(requestedAt)) + policy.createRetryGraceMs;
  const inMs = end > now ? Math.min(end - now, firstPollMs(policy)) : firstPollMs(policy);
  return wait(record, now, inMs, 'whether another instance was bought in its place is not known yet');
}

/**
 * Takes the answer to a purchase into the record, whatever has become of the record meanwhile: an id that was paid for is
 * never dropped.
 *
 * @param record as it stands now
 * @param requestedAt the time of the intent that was written before the call
 */
export function applyPurchaseOutcome(
  record: InstanceRecord,
  requestedAt: Timestamp,
  outcome: CreateOutcome,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const { migration } = record;
  const open =
    migration?.requestedAt === requestedAt && migration.fallback?.state === 'open' ? migration.fallback : null;
  if (migration === null || open === null) {
    return outcome.kind === 'created' ? withStray(record, outcome.id, now) : record;
  }
  switch (outcome.kind) {
    case 'created': {
      const bought = boughtAs(record, outcome.id, open.product);
      const taken = bought.migration && { ...bought.migration, state: 'under-way' as const, isAnswered: true };
      const at = timestampFromMs(now);
      return wakeAt({ ...bought, migration: taken, observedAt: at, source: 'command' }, now + firstPollMs(policy));
    }
    case 'not-sent':
      return dueAgain(record, migration, open.refused, now, 0);
    case 'refused':
      return applyRefusal(record, migration, open, outcome.error, now, policy);
  }
}

/** The record has gone on without it: the next passes search for what carries its marker, and end what is not its own. */
function withStray(record: InstanceRecord, id: NovitaInstanceId, now: number): InstanceRecord {
  if (record.novitaInstanceId === id) return record;
  const openCreate = record.attempts.openCreate ?? {
    startedAt: timestampFromMs(now),
    productId: record.spec.productId,
  };
  return wakeAt({ ...record, attempts: { ...record.attempts, openCreate } }, now);
}

function applyRefusal(
  record: InstanceRecord,
  migration: Migration,
  { product, refused }: OpenPurchase,
  error: ProviderError,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const counted = { ...record, attempts: { ...record.attempts, faults: record.attempts.faults + 1 } };
  // It may have taken effect: the next searches tell.
  if (error.effectUnknown) return wakeAt(counted, now + firstPollMs(policy));
  const code = problemCodeOf(error.kind);
  switch (error.kind) {
    case 'rate-limited':
    case 'circuit-open':
      return dueAgain(counted, migration, refused, now, Math.max(firstPollMs(policy), error.retryAfterMs ?? 0));
    case 'insufficient-resource': {
      const all = [...refused, offerKey(product)];
      if (all.length >= MAX_REFUSED) return withoutStock(counted, migration, error.message, now, policy);
      const lastError = instanceError('resource-constraints', error.message, timestampFromMs(now));
      return { ...dueAgain(counted, migration, all, now, 0), lastError };
    }
    case 'not-found':
    case 'invalid-state':
    case 'insufficient-balance':
    case 'unauthorized':
    case 'invalid-request':
    case 'server-fault':
    case 'network':
    case 'timeout':
    case 'malformed-answer':
    case 'unclean-listing': {
      const message = `Novita did not sell ${describe(product)} in its place: ${error.message}`;
      const ended = { ...counted, migration: forNextAttempt(migration) };
      return failedMigration(ended, code === 'provider-refused' ? 'migration-failed' : code, message, now, policy);
    }
  }
}

function dueAgain(
  record: InstanceRecord,
  migration: Migration,
  refused: readonly string[],
  now: number,
  inMs: number,
): InstanceRecord {
  return postponed({ ...record, migration: { ...migration, fallback: { state: 'due', refused } } }, now, inMs);
}

function describe({ productName, region, usdPerHour }: ProductCandidate): string {
  return `${productName}${region === null ? '' : ` in ${region}`}${perHour(usdPerHour)}`;
}

function perHour(usdPerHour: number | null): string {
  return usdPerHour === null ? '' : ` at $${usdPerHour.toFixed(2)} an hour`;
}
