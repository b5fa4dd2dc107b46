import { present } from '../http/present.js';
import { usd } from '../http/usd.js';
import type { DashboardAttentionView, DashboardMoneyView, DashboardView, NextStopView } from './dashboard.dto.js';
import type { Dashboard } from './dashboard-reads.js';
import type { NextStop } from './next-stop.js';

export function renderDashboard(dashboard: Dashboard): DashboardView {
  const { asOf, counts, autoStop, history } = dashboard;
  return {
    asOf,
    counts: { total: counts.total, discovered: counts.discovered, byStatus: counts.byStatus },
    money: renderMoney(dashboard),
    autoStop: {
      enabled: autoStop.enabled,
      ...present('suspended', autoStop.suspended),
      ...present('next', autoStop.next === null ? null : renderNextStop(autoStop.next)),
    },
    attention: renderAttention(dashboard),
    history: history.map(({ at, running, usdPerHour }) => ({ at, running, usdPerHour: usd(usdPerHour) })),
  };
}

function renderMoney({ spend }: Dashboard): DashboardMoneyView {
  return {
    usdPerHour: usd(spend.usdPerHour),
    todayUsd: usd(spend.todayUsd),
    savedTodayUsd: usd(spend.savedTodayUsd),
    idleUsdPerHour: usd(spend.idleUsdPerHour),
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
