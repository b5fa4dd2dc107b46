/** What a run leaves beside its status: the port, and how its documents are read. */
import { HOUR_MS } from '@app/platform';
import type { LockHold } from '@app/redis';
import {
  isChanges,
  isCount,
  isFlag,
  isHeld,
  isOutcome,
  isText,
  isTimestamp,
  listOf,
  objectOf,
  oneOf,
  orNull,
  readShaped,
  type Shape,
} from '@app/sync-status';
import { SYNC_KINDS, type SyncResult } from '../model/sync-run.js';

/** How long the answer of a run is kept for whoever asked for it. */
export const RESULT_TTL_MS = HOUR_MS;

/** Keeps what a run leaves for its caller and for the next run. All methods throw `SyncStatusUnavailableError`. */
export abstract class RunNotes {
  /** Keeps the result of a run for an hour, for the caller that waits for it. */
  abstract putResult(runId: string, result: SyncResult): Promise<void>;
  abstract result(runId: string): Promise<SyncResult | null>;

  /**
   * The provider's ids that a held listing lacked, for the next run to agree or not; null clears it.
   * @throws LockLostError
   */
  abstract putHeldIds(ids: readonly string[] | null, hold: LockHold): Promise<void>;
  abstract heldIds(): Promise<readonly string[] | null>;
}

const isKind = oneOf(...SYNC_KINDS);

const isReport = objectOf({
  runId: isText,
  outcome: isOutcome,
  error: orNull(isText),
  options: objectOf({
    forceSync: isFlag,
    handleObsoleteInstances: isFlag,
    dryRun: isFlag,
    resources: listOf(isKind),
  }),
  startedAt: isTimestamp,
  endedAt: isTimestamp,
  durationMs: isCount,
  recordsBefore: isCount,
  recordsAfter: isCount,
  novitaInstances: orNull(isCount),
  unclean: orNull(isText),
  changes: isChanges,
  held: orNull(isHeld),
  failures: listOf(objectOf({ resource: isKind, error: isText })),
  actions: listOf(objectOf({ action: isText, novitaInstanceId: isText, name: isText, reason: isText })),
  actionCount: isCount,
});

const isHolder = objectOf({ owner: isText, purpose: isText, fence: isCount, since: isTimestamp, remainingMs: isCount });

const RESULTS: readonly Shape[] = [
  objectOf({ kind: oneOf('report'), report: isReport }),
  objectOf({ kind: oneOf('busy'), holder: isHolder }),
  objectOf({ kind: oneOf('lost'), reason: isText }),
];

/** @returns null when it cannot be understood */
export function readResult(json: string): SyncResult | null {
  return readShaped(json, (value) => RESULTS.some((isResult) => isResult(value))) as SyncResult | null;
}

/** @returns null when it cannot be understood */
export function readHeldIds(json: string): readonly string[] | null {
  return readShaped(json, listOf(isText)) as readonly string[] | null;
}
