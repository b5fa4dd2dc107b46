/** The port to the shared status of one source, and what its two adapters have in common. */
import { SYNC_FEED_EVENT_TYPES, type SyncFeedEvent, type SyncFeedEventType } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import { type LockHold, STREAM_START, type StreamPosition, streamPosition } from '@app/redis';
import type {
  RunStatus,
  SyncEvent,
  SyncEventType,
  SyncHistoryEntry,
  SyncPause,
  SyncSnapshot,
  SyncSource,
} from '../model/sync-status.js';

/** The runs that the history keeps. */
export const KEPT_RUNS = 100;

/** Thrown when the status cannot be reached; nobody knows whether a write took effect. */
export class SyncStatusUnavailableError extends Error {
  override readonly name = 'SyncStatusUnavailableError';
}

/** Thrown for a text that is no event id. */
export class InvalidEventIdError extends Error {
  override readonly name = 'InvalidEventIdError';
}

export interface PublishOptions {
  /** Written in the same step: the run has ended. The latest `KEPT_RUNS` are kept. */
  readonly history?: SyncHistoryEntry;
}

/**
 * Keeps the shared status of the sync with one source, its events (about the latest 5,000) and its history. As a token it
 * means the status of the sync with Novita. All methods throw `SyncStatusUnavailableError`.
 */
export abstract class SyncStatusStore {
  abstract read(): Promise<SyncSnapshot>;

  /**
   * Replaces the run's status and appends one event, both or neither. Of Novita, the beginning and the end of a run and a
   * held listing go to the change feed too, in the same step. A repetition, after an answer that was lost, changes nothing.
   *
   * @param hold of the lock of the source
   * @throws LockLostError
   */
  abstract publish(type: SyncEventType, run: RunStatus, hold: LockHold, options?: PublishOptions): Promise<void>;

  /** Survives restarts. A second pause keeps the first one. Appends `sync.paused` or `sync.resumed`. */
  abstract setPaused(pause: SyncPause | null): Promise<SyncPause | null>;

  /**
   * Events after that one, oldest first.
   * @returns null when some of them have been trimmed away, or that one was lost with all that Redis held
   * @throws InvalidEventIdError
   */
  abstract eventsAfter(eventId: string, limit: number): Promise<readonly SyncEvent[] | null>;

  /**
   * Every event after that one as it comes, until the signal ends it. Goes on by itself after Redis was away. When Redis
   * has lost that position, one `sync.progress` with the id of the latest event (`0-0` for none) carries the present
   * status. One reader is enough for a process: anything that needs events subscribes to `SyncStatusView`.
   * @throws InvalidEventIdError
   */
  abstract watch(eventId: string, signal: AbortSignal): AsyncIterable<readonly SyncEvent[]>;

  /** The latest first. */
  abstract history(limit: number): Promise<readonly SyncHistoryEntry[]>;
}

/** An entry of the change feed about a run. */
interface FeedEntry {
  readonly type: SyncFeedEventType;
  readonly data: SyncFeedEvent;
}

const FEED_TYPES: ReadonlySet<SyncEventType> = new Set(SYNC_FEED_EVENT_TYPES);

/**
 * The entry of the change feed that goes with an event of the sync; null for an event that matters only to readers who
 * watch the run itself, as its progress does. Readers of that feed follow the instances at Novita; runs of another source
 * would mislead them.
 *
 * @param at when the event happened
 */
export function feedEntryOf(source: SyncSource, type: SyncEventType, run: RunStatus, at: Timestamp): FeedEntry | null {
  if (source !== 'novita' || !isForFeed(type) || run.runId === null) return null;
  const { runId, endedAt, error, changes, held } = run;
  return {
    type,
    data: {
      runId,
      trigger: run.trigger ?? 'schedule',
      startedAt: run.startedAt ?? at,
      endedAt,
      error,
      changes: changes === null ? null : { ...changes },
      held: held === null ? null : { since: held.since, reason: held.reason, wouldRemove: held.wouldRemove },
    },
  };
}

function isForFeed(type: SyncEventType): type is SyncFeedEventType {
  return FEED_TYPES.has(type);
}

/** The id of the position before the first event. */
export const BEFORE_FIRST_EVENT = STREAM_START;

/**
 * @param eventId may come from a client
 * @throws InvalidEventIdError
 */
export function eventPosition(eventId: string): StreamPosition {
  const position = streamPosition(eventId);
  if (position === null) throw new InvalidEventIdError('not the id of an event of the sync');
  return position;
}
