import type { InstanceId } from '@app/instance-store';
import type { AutoStopStats, CheckReport } from '../check/auto-stop-commands.port.js';

export type RecordedCheck = Omit<CheckReport, 'verdicts'>;

/** What a check leaves for everybody to see. */
export interface CheckRecord {
  readonly run: RecordedCheck;
  /** USD per hour of the instances that are past their warning time and still run. */
  readonly idleUsdPerHour: number;
  /** Those instances; at most 1,000. */
  readonly waiting: readonly InstanceId[];
}

export interface RecordedStats {
  readonly lastRun: RecordedCheck | null;
  readonly totals: AutoStopStats['totals'];
  readonly idleUsdPerHour: number;
  readonly waiting: readonly InstanceId[];
}

/** Keeps what checks did, for all processes. */
export abstract class AutoStopStatsStore {
  /** One round trip. @throws StoreUnavailableError */
  abstract read(): Promise<RecordedStats>;

  /** Replaces the latest run and adds to the totals, together. @throws StoreUnavailableError */
  abstract record(check: CheckRecord): Promise<void>;
}

export const NO_STATS: RecordedStats = {
  lastRun: null,
  totals: { checked: 0, eligible: 0, stopped: 0, failed: 0 },
  idleUsdPerHour: 0,
  waiting: [],
};
