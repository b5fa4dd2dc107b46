import type { IdleCost } from '../spend/idle-cost.js';
import { AutoStopStatsStore, NO_STATS, type RecordedCheck, type RecordedStats } from './auto-stop-stats-store.port.js';

/** Within one process. */
export class MemoryAutoStopStatsStore extends AutoStopStatsStore {
  private stats: RecordedStats = NO_STATS;

  override async read(): Promise<RecordedStats> {
    return Promise.resolve(this.stats);
  }

  override async record(run: RecordedCheck): Promise<void> {
    const { totals } = this.stats;
    this.stats = {
      ...this.stats,
      lastRun: run,
      totals: {
        checked: totals.checked + run.checked,
        eligible: totals.eligible + run.eligible,
        stopped: totals.stopped + run.stopped,
        failed: totals.failed + run.failed,
      },
    };
    return Promise.resolve();
  }

  override async noteIdle(idle: IdleCost): Promise<void> {
    this.stats = { ...this.stats, idle };
    return Promise.resolve();
  }
}
