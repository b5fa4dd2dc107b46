import { msFromTimestamp, type Timestamp } from '@app/platform';
import type { InstanceRecord } from './instance.js';
import type { Migration, SpotState } from './migration-state.js';

/*
 * The rules about reclaims and migrations that several features need, and that rest on the record alone.
 */

type SpotFacts = Pick<SpotState, 'reclaimAt'> & { readonly status: string | null };

/** The words of a reclaim that is announced, under way or over. */
const RECLAIM_WORDS: ReadonlySet<string> = new Set(['notified', 'reclaiming', 'terminated']);

/**
 * What the record says of the spot market after an observation.
 *
 * @param known what it said before
 * @param facts what the provider said; its words are empty for an instance that is no spot instance
 * @param at when the observation began
 */
export function spotAfter(known: SpotState | null, facts: SpotFacts, at: Timestamp): SpotState | null {
  if (facts.status === null) return null;
  const isReclaim = RECLAIM_WORDS.has(facts.status);
  // The provider states a planned time; another one means another reclaim.
  const isSame = known !== null && (known.reclaimAt ?? facts.reclaimAt) === facts.reclaimAt;
  const firstSeenAt = isReclaim ? ((isSame ? known.firstSeenAt : null) ?? at) : null;
  if (known?.status === facts.status && known.reclaimAt === facts.reclaimAt && known.firstSeenAt === firstSeenAt) {
    return known;
  }
  return { status: facts.status, reclaimAt: facts.reclaimAt, firstSeenAt };
}

/**
 * Whether the provider says that it took the machine of an instance that has ended. A mere notice does not: a person may
 * have stopped the instance before the reclaim came.
 */
export function saysReclaimed(spot: SpotState | null): spot is SpotState {
  return spot !== null && (spot.status === 'reclaiming' || spot.status === 'terminated');
}

/** A machine that stopped this long before the time of its reclaim was stopped by a person. */
const STOP_BEFORE_RECLAIM_MS = 30_000;

/**
 * Whether the provider took the machine of the present run of an instance that is down. The reclaim must be later than the
 * run's beginning: what the provider says of an earlier run stays in its answers. A stop that came well before the time
 * of the reclaim was a person's.
 *
 * @param record as it was before the observation
 * @param spot what the provider says now
 */
export function isRunReclaimed(
  record: Pick<InstanceRecord, 'desired' | 'attempts' | 'migration'>,
  spot: SpotState | null,
  {
    lastStartedAt,
    lastStoppedAt,
  }: { readonly lastStartedAt: Timestamp | null; readonly lastStoppedAt: Timestamp | null },
): boolean {
  if (!saysReclaimed(spot)) return false;
  // Where the provider does not state the time, it is when a read first showed the reclaim.
  const reclaimedAt = spot.reclaimAt ?? spot.firstSeenAt;
  if (reclaimedAt === null) return false;
  // The provider counts in whole seconds.
  const reclaimedMs = msFromTimestamp(reclaimedAt) + 999;
  const { desired, attempts, migration } = record;
  const begun = [desired.at, attempts.lastCommandAt, migration?.arrivedAt ?? null, lastStartedAt];
  if (begun.some((at) => at !== null && msFromTimestamp(at) > reclaimedMs)) return false;
  if (spot.reclaimAt === null || lastStoppedAt === null) return true;
  return msFromTimestamp(lastStoppedAt) + STOP_BEFORE_RECLAIM_MS >= reclaimedMs;
}

/** A request was sent, or was about to be, and what came of it is still to be observed. */
export function isMigrationOpen(
  migration: Migration | null,
): migration is Migration & { readonly state: 'requested' | 'under-way' } {
  return migration !== null && (migration.state === 'requested' || migration.state === 'under-way');
}

/** Another instance is to be bought in the place of the reclaimed one, once an offer is chosen. */
export function isPurchaseDue(migration: Migration | null): boolean {
  return isMigrationDue(migration) && migration.fallback?.state === 'due';
}

/** A reclaim is still to be answered: its migration waits, or is to be tried again. */
export function isMigrationDue(
  migration: Migration | null,
): migration is Migration & { readonly state: 'waiting' | 'failed' } {
  return migration !== null && (migration.state === 'waiting' || migration.state === 'failed');
}

/** Whether the migration failed and nobody has wanted anything else of the instance since. */
export function hasFailedMigration({ origin, status, desired, migration }: InstanceRecord): boolean {
  if (origin === 'discovered' || status === 'terminated' || migration?.state !== 'failed') return false;
  return desired.state === 'running' || (desired.state === 'stopped' && desired.by === 'lifecycle');
}

/** Takes back what an older desired state wanted of a migration; one that is open has to be accounted for all the same. */
export function superseded(migration: Migration | null): Migration | null {
  const goesOn = migration?.state === 'starting' || isMigrationDue(migration);
  if (migration === null || !goesOn) return migration;
  return { ...migration, state: 'superseded', nextAttemptAt: null };
}

/** The time from the first observation of a reclaim until the instance was ready again, in milliseconds. */
export function migrationDurationMs({ reclaimSeenAt }: Migration, readyAt: Timestamp): number {
  return Math.max(0, msFromTimestamp(readyAt) - msFromTimestamp(reclaimSeenAt));
}
