import type { Timestamp } from '@app/platform';
import type { NovitaInstanceId } from './identity.js';
import type { ProductCandidate } from './product-candidate.js';

/*
 * What a record knows of the provider's spot market: whether a reclaim is announced or was made, and where the migration
 * stands that answers it. The rules are in migration.ts.
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

/**
 * What is done where the provider has no machine to migrate to: another instance is bought in the place of this one. `due`:
 * an offer is to be chosen. `open`: the intent is written and the outcome of the purchase is not known. `bought`: the
 * record has the id of the new instance. Absent: nothing of the kind.
 */
export type MigrationFallback =
  | {
      readonly state: 'due';
      /** Offers that the provider has refused since, by product and place. */
      readonly refused: readonly string[];
    }
  | { readonly state: 'open'; readonly product: ProductCandidate; readonly refused: readonly string[] }
  | { readonly state: 'bought'; readonly product: ProductCandidate };

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
  /** Whether the provider answered the latest request, so that another instance it made is known by its id. */
  readonly isAnswered?: boolean;
  readonly fallback?: MigrationFallback;
  /**
   * USD per hour before the first purchase in place of a migration, of an earlier reclaim too: the cap on the price counts
   * from it, so that a row of purchases does not raise it.
   */
  readonly agreedUsdPerHour?: number;
}
