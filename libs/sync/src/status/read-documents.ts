import { SYNC_TRIGGERS } from '@app/jobs';
import type { SyncResult } from '../run/sync-report.js';
import { SYNC_KINDS } from '../sync-kinds.js';
import { isCount, isFlag, isText, isTimestamp, listOf, objectOf, oneOf, orNull, type Shape } from './document-shape.js';
import type { RunStatus, SyncHistoryEntry, SyncPause } from './sync-status.js';

const isKind = oneOf(...SYNC_KINDS);
const isTrigger = oneOf(...SYNC_TRIGGERS);
const isOutcome = oneOf('completed', 'failed');

const isChanges = objectOf({
  updated: isCount,
  created: isCount,
  adopted: isCount,
  removed: isCount,
  markedTerminated: isCount,
  leftMissing: isCount,
});

const isHeld = objectOf({ since: isTimestamp, reason: isText, wouldRemove: isCount });

const areResources = listOf(
  objectOf({
    name: isKind,
    status: oneOf('pending', 'in_progress', 'completed', 'failed'),
    count: isCount,
    total: orNull(isCount),
    error: orNull(isText),
    note: orNull(isText),
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

const isPause = objectOf({ since: isTimestamp, by: isText });

const isHistoryEntry = objectOf({
  runId: isText,
  trigger: isTrigger,
  requestedBy: isText,
  outcome: isOutcome,
  error: orNull(isText),
  startedAt: isTimestamp,
  endedAt: isTimestamp,
  durationMs: isCount,
  changes: isChanges,
  novitaInstances: orNull(isCount),
  held: isFlag,
  resources: areResources,
});

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

/*
 * Documents of the shared status as this project writes them. Whoever shows them relies on their members, and other
 * versions of this project may have written them: each is read whole or not at all. Null: it cannot be understood.
 */

export function readRunStatus(json: string): RunStatus | null {
  return read(json, isRunStatus) as RunStatus | null;
}

export function readPause(json: string): SyncPause | null {
  return read(json, isPause) as SyncPause | null;
}

export function readHistoryEntry(json: string): SyncHistoryEntry | null {
  return read(json, isHistoryEntry) as SyncHistoryEntry | null;
}

export function readResult(json: string): SyncResult | null {
  return read(json, (value) => RESULTS.some((isResult) => isResult(value))) as SyncResult | null;
}

export function readHeldIds(json: string): readonly string[] | null {
  return read(json, listOf(isText)) as readonly string[] | null;
}

function read(json: string, shape: Shape): unknown {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  return shape(value) ? value : null;
}
