import { type Timestamp, timestampFromMs } from '@app/platform';
import { type RunStatus, type SyncSnapshot, SyncStatusView } from '@app/sync-status';
import { NOT_STARTED } from '../../src/model/sync-run.js';

const START = Date.UTC(2026, 0, 1);
const IN_PROGRESS_LEASE_SECONDS = 30;

/** @param seconds after the start of 2026 */
export function at(seconds: number): Timestamp {
  return timestampFromMs(msAt(seconds));
}

export function msAt(seconds: number): number {
  return START + seconds * 1_000;
}

/** In progress since second 0, all kinds pending, its lock good until second 30. */
export function aRun(overrides: Partial<RunStatus> = {}): RunStatus {
  return {
    ...NOT_STARTED,
    runId: '01KDVD00000000000000000001',
    trigger: 'manual',
    state: 'in_progress',
    step: 'sync',
    startedAt: at(0),
    leaseUntil: at(IN_PROGRESS_LEASE_SECONDS),
    ...overrides,
  };
}

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
