import { NOT_STARTED } from '../../src/status/run-status.js';
import type { SyncSnapshot } from '../../src/status/sync-status.js';
import { SyncStatusView } from '../../src/status/sync-status-view.js';

/** Shows what a test says. */
export class KnownView extends SyncStatusView {
  private snapshot: SyncSnapshot = { run: NOT_STARTED, paused: null, eventId: '0-0' };

  shows(part: Partial<SyncSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...part };
  }

  override current(): SyncSnapshot {
    return this.snapshot;
  }

  override subscribe(): () => void {
    return () => undefined;
  }
}
