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
  /** Whether the meters are compared with Novita's bill on a schedule. */
  abstract readonly billCheck: boolean;
  abstract readonly billTolerancePercent: number;
}

export function spendOptionsOf(settings: SpendSettings, schedule: ScheduleSettings): SpendOptions {
  return {
    dailyLimitUsd: settings.SPEND_DAILY_LIMIT_USD,
    ownerDailyLimitUsd: settings.SPEND_OWNER_DAILY_LIMIT_USD,
    enforcement: settings.SPEND_ENFORCE,
    intervalMs: schedule.AUTO_STOP_INTERVAL,
    billCheck: settings.BILL_CHECK,
    billTolerancePercent: settings.BILL_TOLERANCE_PERCENT,
  };
}

/** Whether creates are rejected once a limit is reached. */
export function refusesCreates({ enforcement }: Pick<SpendOptions, 'enforcement'>): boolean {
  return enforcement !== 'off';
}
