import type { AutoStopStats, CheckReport } from '../check/auto-stop-commands.port.js';
import type { IdleCost } from '../spend/idle-cost.js';

export type RecordedCheck = Omit<CheckReport, 'verdicts'>;

export interface RecordedStats {
  readonly lastRun: RecordedCheck | null;
  readonly totals: AutoStopStats['totals'];
  /** As it was last measured; null before the first time. */
  readonly idle: IdleCost | null;
}

/** Keeps what checks did and what idles, for all processes. */
export abstract class AutoStopStatsStore {
  /** One round trip. @throws StoreUnavailableError */
  abstract read(): Promise<RecordedStats>;

  /** Replaces the latest run and adds to the totals, together. @throws StoreUnavailableError */
  abstract record(run: RecordedCheck): Promise<void>;

  /** Replaces what was measured before. @throws StoreUnavailableError */
  abstract noteIdle(idle: IdleCost): Promise<void>;
}

export const NO_STATS: RecordedStats = {
  lastRun: null,
  totals: { checked: 0, eligible: 0, stopped: 0, failed: 0 },
  idle: null,
};
