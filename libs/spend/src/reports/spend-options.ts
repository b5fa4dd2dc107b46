import type { Settings } from '@app/platform';

/** The settings of spend. */
export abstract class SpendOptions {
  /** USD in a day of UTC; null for no limit. */
  abstract readonly dailyLimitUsd: number | null;
  /** Whether creates are rejected once the limit is reached. */
  abstract readonly enforced: boolean;
  /** Milliseconds between two accruals at most. */
  abstract readonly intervalMs: number;
}

export function spendOptionsOf(settings: Settings): SpendOptions {
  return {
    dailyLimitUsd: settings.SPEND_DAILY_LIMIT_USD,
    enforced: settings.SPEND_ENFORCE,
    intervalMs: settings.AUTO_STOP_INTERVAL,
  };
}
