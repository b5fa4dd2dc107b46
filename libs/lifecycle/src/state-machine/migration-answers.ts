import { type InstanceRecord, isMigrationOpen, type Migration } from '@app/instance-store';
import type { NovitaInstanceId } from '@app/novita-client';
import type { Timestamp } from '@app/platform';
import { type ProviderError, problemCodeOf } from '../problems/provider-errors.js';
import { mayBuy, withPurchaseDue } from './migration-fallback.js';
import { failedMigration, isPastGivingUp, movedTo, postponed, withoutStock } from './migration-outcomes.js';
import { firstPollMs, type LifecyclePolicy } from './model.js';
import { wakeAt } from './transitions.js';

/*
 * What the answer to a migration request changes in the record.
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
    const answered = { ...taken, isAnswered: true };
    const moved = outcome.newId === null ? record : movedTo(record, outcome.newId);
    const replaced = moved.migration?.replaced ?? migration.replaced;
    return wakeAt({ ...moved, migration: { ...answered, replaced } }, now + firstPollMs(policy));
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
    case 'insufficient-resource':
      return mayBuy(counted, migration, policy) && !isPastGivingUp(migration, now, policy)
        ? withPurchaseDue(counted, migration, now)
        : withoutStock(counted, migration, error.message, now, policy);
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
