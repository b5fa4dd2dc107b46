import type { SpendOfInstance, SpendReport } from '@app/auto-stop';
import type { UnknownView } from '../dashboard/unknown-fleet.js';
import { present } from '../http/present.js';
import { usd } from '../http/usd.js';
import type { InstanceSpendView, SpendView } from './spend.dto.js';

/** @param unknown why nothing is known; null when a listing has completed */
export function renderSpend(report: SpendReport, unknown: UnknownView | null): SpendView {
  const limit = report.limit === null ? null : { ...report.limit };
  if (unknown !== null) {
    const known = limit === null ? null : { dailyUsd: limit.dailyUsd, enforced: limit.enforced };
    return { asOf: report.asOf, unknown, now: null, today: null, month: null, ...present('limit', known) };
  }
  return {
    asOf: report.asOf,
    now: {
      usdPerHour: usd(report.usdPerHour),
      byStatus: rounded(report.byStatus),
      byRegion: rounded(report.byRegion),
      byProduct: rounded(report.byProduct),
      unpriced: report.unpriced,
      idleUsdPerHour: usd(report.idleUsdPerHour),
    },
    today: {
      usd: usd(report.todayUsd),
      savedUsd: usd(report.savedTodayUsd),
      instances: report.today.map(renderInstanceSpend),
    },
    month: {
      usd: usd(report.monthUsd),
      savedUsd: usd(report.savedMonthUsd),
      instances: report.month.map(renderInstanceSpend),
    },
    ...present('limit', limit),
  };
}

function renderInstanceSpend({ id, name, usd: amount }: SpendOfInstance): InstanceSpendView {
  return { instanceId: id, ...present('name', name), usd: usd(amount) };
}

function rounded(sums: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(sums).map(([key, amount]) => [key, usd(amount)]));
}
