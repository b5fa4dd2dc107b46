/** Reads the documents of the shared status. Null: it cannot be understood. */
import { SYNC_TRIGGERS } from '@app/jobs';
import {
  isCount,
  isFlag,
  isText,
  isTimestamp,
  listOf,
  objectOf,
  oneOf,
  orAbsent,
  orNull,
  readShaped,
  type Shape,
} from './shapes.js';
import type { RunStatus, SyncHistoryEntry, SyncPause } from './sync-status.js';

const isTrigger = oneOf(...SYNC_TRIGGERS);
export const isOutcome = oneOf('completed', 'failed');

export const isChanges = objectOf({
  updated: isCount,
  created: isCount,
  adopted: isCount,
  removed: isCount,
  markedTerminated: isCount,
  leftMissing: isCount,
});

export const isHeld = objectOf({ since: isTimestamp, reason: isText, wouldRemove: isCount });

const isNamespace = objectOf({ name: isText, count: isCount, remaining: orNull(isCount) });
const areNamespaces = objectOf({
  largest: listOf(isNamespace),
  others: orNull(objectOf({ namespaces: isCount, count: isCount, remaining: orNull(isCount) })),
});

const isPause = objectOf({ since: isTimestamp, by: isText });

/** The shapes of the documents that name kinds of resources. */
interface KindShapes {
  readonly isRunStatus: Shape;
  readonly isHistoryEntry: Shape;
}

/** @param kinds that the source has; a document of another kind is not understood */
function kindShapes(kinds: readonly string[]): KindShapes {
  const isKind = oneOf(...kinds);
  const areResources = listOf(
    objectOf({
      name: isKind,
      status: oneOf('pending', 'in_progress', 'completed', 'failed'),
      count: isCount,
      total: orNull(isCount),
      error: orNull(isText),
      note: orNull(isText),
      namespaces: orAbsent(areNamespaces),
    }),
  );
  const isRunStatus = objectOf({
    runId: orNull(isText),
    trigger: orNull(isTrigger),
    state: oneOf('not_started', 'in_progress', 'completed', 'failed'),
    step: orNull(oneOf('cleanup', 'sync', 'informer', 'done')),
    currentResource: orNull(isKind),
    resources: areResources,
    startedAt: orNull(isTimestamp),
    endedAt: orNull(isTimestamp),
    error: orNull(isText),
    changes: orNull(isChanges),
    held: orNull(isHeld),
    retry: objectOf({ count: isCount, nextAt: orNull(isTimestamp) }),
    nextRunAt: orNull(isTimestamp),
    expectedDurationMs: orNull(isCount),
    lastSuccess: orNull(objectOf({ runId: isText, startedAt: isTimestamp, endedAt: isTimestamp })),
    instancesAsOf: orNull(isTimestamp),
    leaseUntil: orNull(isTimestamp),
  });
  const isHistoryEntry = objectOf({
    runId: isText,
    trigger: isTrigger,
    requestedBy: isText,
    outcome: isOutcome,
    error: orNull(isText),
    startedAt: isTimestamp,
    endedAt: isTimestamp,
    durationMs: isCount,
    changes: orNull(isChanges),
    novitaInstances: orNull(isCount),
    held: isFlag,
    resources: areResources,
  });
  return { isRunStatus, isHistoryEntry };
}

/** Reads what is stored of one source. */
export class StatusReader {
  private readonly shapes: KindShapes;

  constructor(kinds: readonly string[]) {
    this.shapes = kindShapes(kinds);
  }

  run(json: string): RunStatus | null {
    return readShaped(json, this.shapes.isRunStatus) as RunStatus | null;
  }

  historyEntry(json: string): SyncHistoryEntry | null {
    return readShaped(json, this.shapes.isHistoryEntry) as SyncHistoryEntry | null;
  }

  pause(json: string): SyncPause | null {
    return readShaped(json, isPause) as SyncPause | null;
  }
}
