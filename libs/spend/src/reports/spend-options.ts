import type { ScheduleSettings } from '@app/jobs';
import type { SpendSettings } from './spend.settings.js';

/** The settings of spend. */
export abstract class SpendOptions {
  /** USD in a day of UTC; null for no limit. */
  abstract readonly dailyLimitUsd: number | null;
  /** Whether creates are rejected once the limit is reached. */
  abstract readonly enforced: boolean;
  /** Milliseconds between two accruals at most. */
  abstract readonly intervalMs: number;
}

export function spendOptionsOf(settings: SpendSettings, schedule: ScheduleSettings): SpendOptions {
  return {
    dailyLimitUsd: settings.SPEND_DAILY_LIMIT_USD,
    enforced: settings.SPEND_ENFORCE,
    intervalMs: schedule.AUTO_STOP_INTERVAL,
  };
}
