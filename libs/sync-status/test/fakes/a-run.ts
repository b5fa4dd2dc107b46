import { type Timestamp, timestampFromMs } from '@app/platform';
import {
  NO_CHANGES,
  notStarted,
  type RunStatus,
  type SourceDescription,
  type SyncHistoryEntry,
  type SyncSnapshot,
} from '../../src/model/sync-status.js';
import { SyncStatusView } from '../../src/view/sync-status-view.js';

const START = Date.UTC(2026, 0, 1);
const IN_PROGRESS_LEASE_SECONDS = 30;

export const KINDS = [
  'instances',
  'gpu-products',
  'cpu-products',
  'clusters',
  'templates',
  'registry-auths',
  'network-storages',
  'jobs',
  'endpoints',
] as const;
export const NOVITA: SourceDescription = { source: 'novita', kinds: KINDS, lock: 'sync' };
export const KUBERNETES: SourceDescription = { source: 'kubernetes', kinds: ['Node', 'Pod'], lock: 'kubernetes' };
export const NOT_STARTED = notStarted(KINDS);

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

/** Completed, over all kinds, within 5 seconds. */
export function aHistoryEntry(overrides: Partial<SyncHistoryEntry> = {}): SyncHistoryEntry {
  return {
    runId: '01KDVD00000000000000000001',
    trigger: 'schedule',
    requestedBy: 'sync',
    outcome: 'completed',
    error: null,
    startedAt: at(0),
    endedAt: at(5),
    durationMs: 5_000,
    changes: NO_CHANGES,
    novitaInstances: 12,
    held: false,
    resources: NOT_STARTED.resources,
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
