/**
 * Reads the documents of the shared status. Other versions of this project may have written them, and the code that shows
 * them relies on their members, so each is read whole or not at all. Null: it cannot be understood.
 */
import { SYNC_TRIGGERS } from '@app/jobs';
import { parseTimestamp } from '@app/platform';
import { SYNC_KINDS, type SyncResult } from './sync-run.js';
import type { RunStatus, SyncHistoryEntry, SyncPause } from './sync-status.js';

/** Whether a value that was read from outside has a shape. Further members may stand beside. */
type Shape = (value: unknown) => boolean;

const isText: Shape = (value) => typeof value === 'string';
const isFlag: Shape = (value) => typeof value === 'boolean';
/** A number of things or of milliseconds. */
const isCount: Shape = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
/** In the form in which this project writes instants, so that their order as strings is their order in time. */
const isTimestamp: Shape = (value) => typeof value === 'string' && parseTimestamp(value) === value;

function oneOf(...values: readonly string[]): Shape {
  return (value) => typeof value === 'string' && values.includes(value);
}

function orNull(shape: Shape): Shape {
  return (value) => value === null || shape(value);
}

function listOf(shape: Shape): Shape {
  return (value) => Array.isArray(value) && value.every(shape);
}

function objectOf(members: Readonly<Record<string, Shape>>): Shape {
  const entries = Object.entries(members);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const object = value as Readonly<Record<string, unknown>>;
    return entries.every(([name, shape]) => shape(object[name]));
  };
}

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
