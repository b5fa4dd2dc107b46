import { dayOf, SpendMeter, startOfDayMs } from '@app/instance-store';
import { AUTO_STOP_CHECK, JobQueue } from '@app/jobs';
import { Clock, type Timestamp, timestampFromMs } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { CHECK_SCHEDULE } from '../check/check-trigger.js';
import { AutoStopOptions, Suspension } from '../options/auto-stop-options.js';
import { AutoStopStatsStore, type RecordedStats } from '../stats/auto-stop-stats-store.js';

export interface AutoStopStanding {
  readonly enabled: boolean;
  /** Why nothing is stopped although it is enabled; null when that is not so. */
  readonly suspended: string | null;
}

export interface AutoStopStats extends AutoStopStanding, RecordedStats {
  readonly intervalMs: number;
  readonly thresholdMs: number;
  readonly warningMs: number;
  /** Null when no job exists that would begin the next check. */
  readonly nextRun: Timestamp | null;
  /** Since the fleet's first day. */
  readonly savedUsd: number;
  /** The last 62 days. */
  readonly savedByDay: readonly { readonly day: string; readonly usd: number }[];
}

/** The meters answer for as many days at once. */
const DAYS = 62;

/** The state of auto-stop, and the amount that it has saved. */
@Injectable()
export class AutoStopStatistics {
  constructor(
    private readonly stats: AutoStopStatsStore,
    private readonly spend: SpendMeter,
    private readonly queue: JobQueue,
    private readonly suspension: Suspension,
    private readonly clock: Clock,
    private readonly options: AutoStopOptions,
  ) {}

  /** Whether idle instances are stopped at present; costs no round trip. */
  standing(): AutoStopStanding {
    return { enabled: this.options.rules.enabled, suspended: this.suspension.reason() };
  }

  /** @throws StoreUnavailableError, QueueUnavailableError */
  async read(): Promise<AutoStopStats> {
    const today = dayOf(this.clock.now());
    const [recorded, { savedByDay, savedInAllUsd }, nextRun] = await Promise.all([
      this.stats.read(),
      this.spend.read(Math.max(0, today - DAYS + 1)),
      this.queue.nextRunOf(CHECK_SCHEDULE, AUTO_STOP_CHECK),
    ]);
    const { rules, intervalMs } = this.options;
    const saved = [...savedByDay].toSorted(([a], [b]) => a - b);
    return {
      ...this.standing(),
      ...recorded,
      intervalMs,
      thresholdMs: rules.thresholdMs,
      warningMs: rules.warningMs,
      nextRun,
      savedUsd: savedInAllUsd,
      savedByDay: saved.map(([day, usd]) => ({ day: timestampFromMs(startOfDayMs(day)).slice(0, 10), usd })),
    };
  }
}
