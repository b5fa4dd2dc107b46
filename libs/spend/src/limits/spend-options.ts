import type { ScheduleSettings } from '@app/jobs';
import type { SpendEnforcementMode, SpendSettings } from './spend.settings.js';

/** The settings of spend. */
export abstract class SpendOptions {
  /** USD in a day of UTC; null for no limit. */
  abstract readonly dailyLimitUsd: number | null;
  /** USD in a day of UTC of the instances of each owner; null for no limit. */
  abstract readonly ownerDailyLimitUsd: number | null;
  abstract readonly enforcement: SpendEnforcementMode;
  /** Milliseconds between two accruals at most. */
  abstract readonly intervalMs: number;
}

export function spendOptionsOf(settings: SpendSettings, schedule: ScheduleSettings): SpendOptions {
  return {
    dailyLimitUsd: settings.SPEND_DAILY_LIMIT_USD,
    ownerDailyLimitUsd: settings.SPEND_OWNER_DAILY_LIMIT_USD,
    enforcement: settings.SPEND_ENFORCE,
    intervalMs: schedule.AUTO_STOP_INTERVAL,
  };
}

/** Whether creates are refused once a limit is reached. */
export function refusesCreates({ enforcement }: Pick<SpendOptions, 'enforcement'>): boolean {
  return enforcement !== 'off';
}
