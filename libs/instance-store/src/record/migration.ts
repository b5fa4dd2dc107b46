import { msFromTimestamp, type Timestamp } from '@app/platform';
import type { NovitaInstanceId } from './identity.js';
import type { InstanceRecord } from './instance.js';

/*
 * What a record knows of the provider's spot market: whether the provider announces or has made a reclaim, and where the
 * migration stands that answers it. Several features write and read it, so its rules that need nothing else stand here.
 */

/** What the provider says of a spot instance. */
export interface SpotState {
  /** The provider's own word: `running`, `notified`, `reclaiming`, `terminated`; others are kept as text. */
  readonly status: string;
  /** When the machine is, or was, taken back; null while no reclaim is announced. */
  readonly reclaimAt: Timestamp | null;
  /** When a read first showed the present reclaim; null while there is none. */
  readonly firstSeenAt: Timestamp | null;
}

/**
 * Where a migration stands. `waiting`: the machine was reclaimed, and the migration is to be requested. `requested`: the
 * intent is written and the provider's answer is not known. `under-way`: the provider has taken it. `starting`: the
 * instance is on its new machine and comes up. `done`: it was ready there. `failed`: to be tried again at
 * `nextAttemptAt`, or given up. `superseded`: somebody wanted something else before it was done.
 */
export const MIGRATION_STATES = [
  'waiting',
  'requested',
  'under-way',
  'starting',
  'done',
  'failed',
  'superseded',
] as const;
export type MigrationState = (typeof MIGRATION_STATES)[number];

/** The answer to the latest reclaim of one instance. */
export interface Migration {
  readonly state: MigrationState;
  /** When a read first showed the reclaim. */
  readonly reclaimSeenAt: Timestamp;
  /** Since when attempts are made for it: the same, or a person's request to try again. */
  readonly since: Timestamp;
  /** Requests to the provider since then. */
  readonly attempts: number;
  /** When the latest of them was begun, written before the provider is called. Null before the first. */
  readonly requestedAt: Timestamp | null;
  /** The provider's job; null until it is found. */
  readonly jobId: string | null;
  /** The latest job that has ended without success: a later attempt does not take it for its own. */
  readonly endedJobId: string | null;
  /** When the next attempt may be made; null when none is planned. */
  readonly nextAttemptAt: Timestamp | null;
  /** When the latest migration put the instance on a new machine, of an earlier reclaim too. */
  readonly arrivedAt: Timestamp | null;
  /** The instance in whose place the provider has put another one; deleted when that one is ready. */
  readonly replaced: NovitaInstanceId | null;
}

type SpotFacts = Pick<SpotState, 'reclaimAt'> & { readonly status: string | null };

/** The words of a reclaim that is announced, under way or over. */
const RECLAIM_WORDS: ReadonlySet<string> = new Set(['notified', 'reclaiming', 'terminated']);

/**
 * What the record says of the spot market after an observation.
 *
 * @param known what it said before
 * @param seen what the provider said; its words are empty for an instance that is no spot instance
 * @param at when the observation began
 */
export function spotAfter(known: SpotState | null, seen: SpotFacts, at: Timestamp): SpotState | null {
  if (seen.status === null) return null;
  const isReclaim = RECLAIM_WORDS.has(seen.status);
  // The provider states a planned time; another one means another reclaim.
  const isSame = known?.firstSeenAt != null && (known.reclaimAt ?? seen.reclaimAt) === seen.reclaimAt;
  const firstSeenAt = isReclaim ? (isSame ? known.firstSeenAt : at) : null;
  if (known?.status === seen.status && known.reclaimAt === seen.reclaimAt && known.firstSeenAt === firstSeenAt) {
    return known;
  }
  return { status: seen.status, reclaimAt: seen.reclaimAt, firstSeenAt };
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
 * @param ran whether the run was observed to get anywhere; counts when the provider does not state the time of the reclaim
 */
export function isRunReclaimed(
  record: Pick<InstanceRecord, 'desired' | 'attempts' | 'migration'>,
  spot: SpotState | null,
  {
    lastStartedAt,
    lastStoppedAt,
  }: { readonly lastStartedAt: Timestamp | null; readonly lastStoppedAt: Timestamp | null },
  ran: boolean,
): boolean {
  if (!saysReclaimed(spot)) return false;
  if (spot.reclaimAt === null) return ran;
  // The provider counts in whole seconds.
  const reclaimedMs = msFromTimestamp(spot.reclaimAt) + 999;
  const { desired, attempts, migration } = record;
  const begun = [desired.at, attempts.lastCommandAt, migration?.arrivedAt ?? null, lastStartedAt];
  if (begun.some((at) => at !== null && msFromTimestamp(at) > reclaimedMs)) return false;
  return lastStoppedAt === null || msFromTimestamp(lastStoppedAt) + STOP_BEFORE_RECLAIM_MS >= reclaimedMs;
}

/** A request was sent, or was about to be, and what came of it is still to be observed. */
export function isMigrationOpen(
  migration: Migration | null,
): migration is Migration & { readonly state: 'requested' | 'under-way' } {
  return migration !== null && (migration.state === 'requested' || migration.state === 'under-way');
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

/** The time from the first sight of a reclaim until the instance was ready again, in milliseconds. */
export function migrationDurationMs({ reclaimSeenAt }: Migration, readyAt: Timestamp): number {
  return Math.max(0, msFromTimestamp(readyAt) - msFromTimestamp(reclaimSeenAt));
}
