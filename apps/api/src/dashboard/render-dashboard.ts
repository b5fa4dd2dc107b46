import { INSTANCE_STATUSES } from '@app/instance-store';
import { renderIdleCost } from '../auto-stop/idle-cost.dto.js';
import { present } from '../http/present.js';
import { usd } from '../http/usd.js';
import type {
  DashboardAttentionView,
  DashboardCountsView,
  DashboardMoneyView,
  DashboardView,
  NextStopView,
} from './dashboard.dto.js';
import type { Dashboard } from './dashboard-reads.js';
import type { NextStop } from './next-stop.js';

export function renderDashboard(dashboard: Dashboard): DashboardView {
  const { asOf, storedAsOf, unknown, sandbox, autoStop, history } = dashboard;
  return {
    asOf,
    ...present('unknown', unknown),
    ...present('storedAsOf', storedAsOf),
    sandbox,
    counts: unknown === null ? renderCounts(dashboard) : UNKNOWN_COUNTS,
    money: unknown === null ? renderMoney(dashboard) : unknownMoney(dashboard),
    autoStop: {
      enabled: autoStop.enabled,
      ...present('suspended', autoStop.suspended),
      ...present('next', unknown !== null || autoStop.next === null ? null : renderNextStop(autoStop.next)),
    },
    attention: unknown === null ? renderAttention(dashboard) : UNKNOWN_ATTENTION,
    history: history.map(({ at, running, usdPerHour }) => ({ at, running, costUsdPerHour: usd(usdPerHour) })),
  };
}

const UNKNOWN_COUNTS: DashboardCountsView = {
  total: null,
  discovered: null,
  byStatus: Object.fromEntries(INSTANCE_STATUSES.map((status) => [status, null])),
};
const UNKNOWN_ATTENTION: DashboardAttentionView = { unconfirmed: null, overdue: null, failed: null, orphans: null };

function renderCounts({ counts: { total, discovered, unreadable, byStatus } }: Dashboard): DashboardCountsView {
  return { total, discovered, ...present('unreadable', unreadable === 0 ? null : unreadable), byStatus };
}

function unknownMoney({ spend }: Dashboard): DashboardMoneyView {
  return {
    costUsdPerHour: null,
    runningUsdPerHour: null,
    billedThoughStoppedUsdPerHour: null,
    todayUsd: null,
    savedTodayUsd: null,
    idle: null,
    unpriced: null,
    ...present('dailyLimitUsd', spend.limit?.dailyUsd),
  };
}

function renderMoney({ spend }: Dashboard): DashboardMoneyView {
  return {
    costUsdPerHour: usd(spend.costUsdPerHour),
    runningUsdPerHour: usd(spend.runningUsdPerHour),
    billedThoughStoppedUsdPerHour: usd(spend.billedThoughStoppedUsdPerHour),
    todayUsd: usd(spend.todayUsd),
    savedTodayUsd: usd(spend.savedTodayUsd),
    idle: spend.idle === null ? null : renderIdleCost(spend.idle),
    unpriced: spend.unpriced,
    ...present('dailyLimitUsd', spend.limit?.dailyUsd),
    ...present('limitReached', spend.limit?.reached),
  };
}

function renderNextStop({ record, stopAt }: NextStop): NextStopView {
  return { instanceId: record.id, name: record.name, stopAt, ...present('pricePerHour', record.price.usdPerHour) };
}

function renderAttention({ waiting, overdue, counts, orphans }: Dashboard): DashboardAttentionView {
  return {
    unconfirmed: waiting.overdue,
    ...present('oldestUnconfirmedSeconds', waiting.overdue === 0 ? null : Math.round(waiting.oldestMs / 1_000)),
    overdue,
    failed: counts.byStatus.failed,
    orphans,
  };
}
