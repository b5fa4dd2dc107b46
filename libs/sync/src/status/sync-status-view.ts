import type { SyncEvent, SyncSnapshot } from './sync-status.js';

/** This process's pushed copy of the status: reading it costs no round trip. */
export abstract class SyncStatusView {
  /** The same object until something changes. */
  abstract current(): SyncSnapshot;

  /**
   * Called for every event, in order, after `current` has taken it in. A listener must not throw and must be quick.
   * @returns ends the subscription
   */
  abstract subscribe(listener: (event: SyncEvent) => void): () => void;
}
