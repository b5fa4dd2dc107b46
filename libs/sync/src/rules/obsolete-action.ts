import type { InstanceError, InstanceRecord, InstanceStatus } from '@app/instance-store';
import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import { deletionWasWished } from './revived-record.js';

export type ObsoleteAction =
  | { readonly kind: 'remove'; readonly reason: string }
  | { readonly kind: 'mark-terminated'; readonly next: InstanceRecord; readonly reason: string }
  | { readonly kind: 'leave'; readonly reason: string };

export interface ObsoletePolicy {
  /** Removes every record at once instead of keeping those of instances that had started. */
  readonly removeObsolete: boolean;
  /** How long the record of a terminated instance is kept, from its termination. */
  readonly retentionMs: number;
}

const NEVER_STARTED: ReadonlySet<InstanceStatus> = new Set(['creating', 'created', 'starting']);

/**
 * What becomes of the record of an instance that a clean listing lacked and that the provider has denied.
 *
 * @param deniedAt when the GET began that was answered with "not found"
 */
export function obsoleteAction(record: InstanceRecord, deniedAt: Timestamp, policy: ObsoletePolicy): ObsoleteAction {
  if (record.status === 'terminated') return { kind: 'leave', reason: 'its record has ended already' };
  if (record.desired.at > deniedAt) return { kind: 'leave', reason: 'the wish is newer than what was seen' };
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
  const wished = deletionWasWished(record.desired);
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
    lastError: wished ? record.lastError : vanished(record, at),
    attempts: { ...record.attempts, faults: 0 },
    foreignChange: null,
    missingSince: null,
  };
}

/** The problem of this code is declared by the life cycle, which finds the same thing in its own way. */
function vanished(record: InstanceRecord, at: Timestamp): InstanceError {
  return {
    code: 'vanished-at-provider',
    message: `Novita has no instance ${record.novitaInstanceId} any more`,
    at,
    retryable: false,
    suggestion: 'Create a new instance; it is never created anew by itself.',
  };
}

function remove(reason: string): ObsoleteAction {
  return { kind: 'remove', reason };
}
