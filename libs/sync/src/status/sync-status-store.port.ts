import type { LockHold } from '@app/redis';
import type { SyncResult } from '../run/sync-report.js';
import type { RunStatus, SyncEvent, SyncEventType, SyncHistoryEntry, SyncPause, SyncSnapshot } from './sync-status.js';

/** Thrown when the status cannot be reached; nothing is known about whether a write took effect. */
export class SyncStatusUnavailableError extends Error {
  override readonly name = 'SyncStatusUnavailableError';
}

/** Thrown for a text that is no event id. */
export class InvalidEventIdError extends Error {
  override readonly name = 'InvalidEventIdError';
}

export interface PublishOptions {
  /** Written in the same step: the run has ended. The latest 100 are kept. */
  readonly history?: SyncHistoryEntry;
}

/**
 * Where the shared status of the sync lives, with its events (about the latest 5,000), its history and what a run leaves
 * for the next. All methods throw `SyncStatusUnavailableError`.
 */
export abstract class SyncStatusStore {
  abstract read(): Promise<SyncSnapshot>;

  /**
   * Replaces the run's status and appends one event, both or neither. The beginning and the end of a run, and a held
   * listing, go to the change feed too, in the same step. Telling the same again, for want of an answer, changes nothing.
   * @throws LockLostError
   */
  abstract publish(type: SyncEventType, run: RunStatus, hold: LockHold, options?: PublishOptions): Promise<void>;

  /** Survives restarts; setting what is set already keeps the first. Appends `sync.paused` or `sync.resumed`. */
  abstract setPaused(pause: SyncPause | null): Promise<SyncPause | null>;

  /**
   * Events after that one, oldest first.
   * @returns null when some of them have been trimmed away, or that one was lost with all that Redis held
   * @throws InvalidEventIdError
   */
  abstract eventsAfter(eventId: string, limit: number): Promise<readonly SyncEvent[] | null>;

  /**
   * Every event after that one as it comes, until the signal ends it. Goes on by itself after Redis was away. When Redis
   * has lost that position, one `sync.progress` that carries the id of its latest event (`0-0` for none) tells how things
   * stand. One reader for a whole process: whoever needs events subscribes to `SyncStatusView`.
   * @throws InvalidEventIdError
   */
  abstract watch(eventId: string, signal: AbortSignal): AsyncIterable<readonly SyncEvent[]>;

  /** The latest first. */
  abstract history(limit: number): Promise<readonly SyncHistoryEntry[]>;

  /** What became of a run that somebody waits for; kept for an hour. */
  abstract putResult(runId: string, result: SyncResult): Promise<void>;
  abstract result(runId: string): Promise<SyncResult | null>;

  /**
   * The provider's ids that a held listing lacked, for the next run to agree or not; null clears it.
   * @throws LockLostError
   */
  abstract putHeldIds(ids: readonly string[] | null, hold: LockHold): Promise<void>;
  abstract heldIds(): Promise<readonly string[] | null>;
}
