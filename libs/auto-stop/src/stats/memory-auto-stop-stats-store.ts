import { AutoStopStatsStore, type CheckRecord, NO_STATS, type RecordedStats } from './auto-stop-stats-store.port.js';

/** Within one process. */
export class MemoryAutoStopStatsStore extends AutoStopStatsStore {
  private stats: RecordedStats = NO_STATS;

  override async read(): Promise<RecordedStats> {
    return Promise.resolve(this.stats);
  }

  override async record({ run, idleUsdPerHour, waiting }: CheckRecord): Promise<void> {
    const { totals } = this.stats;
    this.stats = {
      lastRun: run,
      totals: {
        checked: totals.checked + run.checked,
        eligible: totals.eligible + run.eligible,
        stopped: totals.stopped + run.stopped,
        failed: totals.failed + run.failed,
      },
      idleUsdPerHour,
      waiting: [...waiting],
    };
    return Promise.resolve();
  }
}
