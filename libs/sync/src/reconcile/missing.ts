/**
 * The rules for an instance that a clean listing lacks. Pure. A record passes three rules before it ends: it is old
 * enough to be missed (`judgeMissing`), the listing does not lack too many at once (`massRemovalGuard`), and a GET has
 * denied the instance, after which `obsoleteAction` says whether the record is removed or marked.
 */
import type { InstanceError, InstanceRecord, InstanceStatus, NovitaInstanceId } from '@app/instance-store';
import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import type { HeldSummary } from '@app/sync-status';
import type { ObsoletePolicy } from '../model/run-options.js';
import { isDeletionWanted } from './adopt.js';

export type Absence =
  /** Its record has ended, so nothing is missed. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'leave'; readonly reason: string }
  /** It should have been listed: a GET says whether it is obsolete. */
  | { readonly kind: 'candidate' };

/**
 * @param listing when its first request went out
 * @param graceMs how much older than that a record must be; a younger instance may have come after its page was read
 */
export function judgeMissing(
  record: InstanceRecord,
  listing: { readonly startedAt: Timestamp },
  graceMs: number,
): Absence {
  if (record.status === 'terminated') return { kind: 'nothing' };
  const ripe = msFromTimestamp(listing.startedAt) - graceMs;
  const { created } = record.timestamps;
  if (msFromTimestamp(created) > ripe) return leave(`it was made at ${created}, too shortly before the listing`);
  const { observedAt } = record;
  if (observedAt !== null && msFromTimestamp(observedAt) > ripe) {
    return leave(`it was observed at ${observedAt}, too shortly before the listing`);
  }
  if (record.attempts.openCreate !== null) {
    return leave('a create of unknown outcome is open, which the life cycle closes');
  }
  if (record.status === 'migrating' && record.origin !== 'discovered') {
    return leave('it is being migrated, which ends when the old and the new one are accounted for');
  }
  return { kind: 'candidate' };
}

/** Fewer missing instances than this are never held, whatever part of a small fleet they are. */
const AT_LEAST = 3;

export interface MissingCandidates {
  /** Candidates that are managed or adopted. */
  readonly missingOurs: readonly NovitaInstanceId[];
  readonly missingDiscovered: readonly NovitaInstanceId[];
  /** Live records of ours with a provider's id. */
  readonly liveOurs: number;
  /** The same and the discovered ones. */
  readonly liveAll: number;
  /** Instances in the listing. */
  readonly listedTotal: number;
  /** Of `liveOurs`; more than so many are held. */
  readonly percent: number;
  /** The listing that an earlier run held; null for none. */
  readonly heldBefore: { readonly since: Timestamp; readonly ids: ReadonlySet<string> } | null;
  /** Somebody has checked the listing and lets it pass. */
  readonly force: boolean;
  readonly at: Timestamp;
}

export interface GuardVerdict {
  /** Those whose absence may be confirmed and carried out. */
  readonly through: readonly NovitaInstanceId[];
  readonly hold: { readonly summary: HeldSummary; readonly ids: readonly NovitaInstanceId[] } | null;
}

/**
 * Holds a listing that lacks so much that it is likelier to be wrong than true. An absence that the earlier held listing
 * agrees with passes. Discovered instances count only when nothing is listed at all: nobody loses anything with their
 * records.
 */
export function massRemovalGuard(input: MissingCandidates): GuardVerdict {
  const { missingOurs, missingDiscovered, heldBefore, force, at } = input;
  const reason = force ? null : reasonToHold(input);
  if (reason === null) return { through: [...missingOurs, ...missingDiscovered], hold: null };

  const doubted = isEmptyList(input) ? [...missingOurs, ...missingDiscovered] : missingOurs;
  const held = doubted.filter((id) => heldBefore?.ids.has(id) !== true);
  const agreed = doubted.filter((id) => heldBefore?.ids.has(id) === true);
  const through = doubted === missingOurs ? [...agreed, ...missingDiscovered] : agreed;
  if (held.length === 0) return { through, hold: null };
  return {
    through,
    hold: { summary: { since: heldBefore?.since ?? at, reason, wouldRemove: held.length }, ids: held },
  };
}

function reasonToHold(input: MissingCandidates): string | null {
  const { missingOurs, missingDiscovered, liveOurs, liveAll, percent } = input;
  if (missingOurs.length + missingDiscovered.length === 0) return null;
  if (isEmptyList(input)) return `the listing is empty while ${liveAll} live instances are on record`;
  const missing = missingOurs.length;
  if (missing < AT_LEAST || missing * 100 <= percent * liveOurs) return null;
  return `the listing lacks ${missing} of ${liveOurs} live instances, more than ${percent} %`;
}

function isEmptyList({ listedTotal, liveAll }: MissingCandidates): boolean {
  return listedTotal === 0 && liveAll > 0;
}

export type ObsoleteAction =
  | { readonly kind: 'remove'; readonly reason: string }
  | { readonly kind: 'mark-terminated'; readonly next: InstanceRecord; readonly reason: string }
  | { readonly kind: 'leave'; readonly reason: string };

const NEVER_STARTED: ReadonlySet<InstanceStatus> = new Set(['creating', 'created', 'starting']);

/**
 * Decides about the record of an instance that a clean listing lacked and that the provider has denied.
 *
 * @param deniedAt when the GET began that was answered with "not found"
 */
export function obsoleteAction(record: InstanceRecord, deniedAt: Timestamp, policy: ObsoletePolicy): ObsoleteAction {
  if (record.status === 'terminated') return leave('its record has ended already');
  if (record.desired.at > deniedAt) return leave('the desired state is newer than the observation');
  if (record.origin === 'discovered') return remove('made elsewhere, and no longer in Novita');
  if (policy.removeObsolete) return remove('Instance no longer exists in Novita');
  if (NEVER_STARTED.has(record.status)) return remove('Instance never started and no longer exists in Novita');
  return {
    kind: 'mark-terminated',
    next: terminated(record, deniedAt, policy.retentionMs),
    reason: 'Instance no longer exists in Novita',
  };
}

function terminated(record: InstanceRecord, at: Timestamp, retentionMs: number): InstanceRecord {
  return {
    ...record,
    desired: record.desired.state === 'deleted' ? record.desired : { state: 'deleted', at, by: 'sync' },
    restartRequestedAt: null,
    status: 'terminated',
    observedAt: at,
    source: 'get',
    confirmedAt: at,
    timestamps: { ...record.timestamps, terminated: at },
    deadlines: { purgeAt: timestampFromMs(msFromTimestamp(at) + retentionMs) },
    lastError: isDeletionWanted(record.desired) ? record.lastError : vanished(record, at),
    attempts: { ...record.attempts, faults: 0 },
    foreignChange: null,
    missingSince: null,
  };
}

/** The life cycle declares the problem of this code; it finds the same thing in its own way. */
function vanished(record: InstanceRecord, at: Timestamp): InstanceError {
  return {
    code: 'vanished-at-provider',
    message: `Novita has no instance ${record.novitaInstanceId} any more`,
    at,
    retryable: false,
    suggestion: 'Create a new instance; it is never created anew by itself.',
  };
}

function remove(reason: string): { readonly kind: 'remove'; readonly reason: string } {
  return { kind: 'remove', reason };
}

function leave(reason: string): { readonly kind: 'leave'; readonly reason: string } {
  return { kind: 'leave', reason };
}
