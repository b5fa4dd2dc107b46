import type { SpendOfInstance, SpendReport } from '@app/spend';
import { renderIdleCost } from '../auto-stop/idle-cost.dto.js';
import type { UnknownView } from '../dashboard/unknown-fleet.js';
import { present } from '../http/present.js';
import { usd } from '../http/usd.js';
import type { InstanceSpendView, SpendPeriodView, SpendView } from './spend.dto.js';

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
      costUsdPerHour: usd(report.costUsdPerHour),
      runningUsdPerHour: usd(report.runningUsdPerHour),
      billedThoughStoppedUsdPerHour: usd(report.billedThoughStoppedUsdPerHour),
      byStatus: rounded(report.byStatus),
      byRegion: rounded(report.byRegion),
      byProduct: rounded(report.byProduct),
      unpriced: report.unpriced,
      idle: report.idle === null ? null : renderIdleCost(report.idle),
    },
    today: renderPeriod(report.todayUsd, report.savedTodayUsd, report.today),
    month: renderPeriod(report.monthUsd, report.savedMonthUsd, report.month),
    ...present('limit', limit),
  };
}

/** The sums and the instances are read one after the other: what was booked in between makes the whole, not a part, grow. */
function renderPeriod(wholeUsd: number, savedUsd: number, spends: readonly SpendOfInstance[]): SpendPeriodView {
  const instances = spends.map(renderInstanceSpend);
  const named = usd(instances.reduce((sum, { usd: amount }) => sum + amount, 0));
  const whole = Math.max(usd(wholeUsd), named);
  return { usd: whole, savedUsd: usd(savedUsd), instances, otherUsd: usd(whole - named) };
}

function renderInstanceSpend({ id, name, usd: amount }: SpendOfInstance): InstanceSpendView {
  return { instanceId: id, ...present('name', name), usd: usd(amount) };
}

function rounded(sums: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(sums).map(([key, amount]) => [key, usd(amount)]));
}
