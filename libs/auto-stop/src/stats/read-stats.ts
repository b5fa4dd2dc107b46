import { SpendMeter } from '@app/instance-store';
import { AUTO_STOP_CHECK, JobQueue } from '@app/jobs';
import { Clock, timestampFromMs } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { AutoStopOptions } from '../auto-stop-options.js';
import type { AutoStopStanding, AutoStopStats } from '../check/auto-stop-commands.port.js';
import { CHECK_SCHEDULE } from '../check/check-schedule.js';
import { Suspension } from '../check/suspension.js';
import { AutoStopStatsStore } from './auto-stop-stats-store.port.js';

const DAY_MS = 86_400_000;
/** As many days as the meters tell of at once. */
const DAYS = 62;

/** Puts together what auto-stop tells of itself. */
@Injectable()
export class ReadStats {
  constructor(
    private readonly stats: AutoStopStatsStore,
    private readonly spend: SpendMeter,
    private readonly queue: JobQueue,
    private readonly suspension: Suspension,
    private readonly clock: Clock,
    private readonly options: AutoStopOptions,
  ) {}

  standing(): AutoStopStanding {
    return { enabled: this.options.rules.enabled, suspended: this.suspension.reason() };
  }

  /** @throws StoreUnavailableError, QueueUnavailableError */
  async read(): Promise<AutoStopStats> {
    const today = Math.floor(this.clock.now() / DAY_MS);
    const [{ lastRun, totals, idle }, { savedByDay, savedInAllUsd }, nextRun] = await Promise.all([
      this.stats.read(),
      this.spend.read(Math.max(0, today - DAYS + 1)),
      this.queue.nextRunOf(CHECK_SCHEDULE, AUTO_STOP_CHECK),
    ]);
    const { rules, intervalMs } = this.options;
    const saved = [...savedByDay].toSorted(([a], [b]) => a - b);
    return {
      ...this.standing(),
      intervalMs,
      thresholdMs: rules.thresholdMs,
      warningMs: rules.warningMs,
      lastRun,
      nextRun,
      totals,
      idle,
      savedUsd: savedInAllUsd,
      savedByDay: saved.map(([day, usd]) => ({ day: timestampFromMs(day * DAY_MS).slice(0, 10), usd })),
    };
  }
}
