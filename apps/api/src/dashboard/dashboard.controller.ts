import { INSTANCE_STATUSES } from '@app/instance-store';
import { PLATFORM_PROBLEMS } from '@app/platform';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answer, present, usd } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { renderIdleCost } from '../instances/idle-cost.dto.js';
import {
  type DashboardAttentionView,
  type DashboardCountsView,
  type DashboardMoneyView,
  DashboardQuery,
  DashboardView,
  DEFAULT_HOURS,
  type NextStopView,
} from './dashboard.dto.js';
import { DASHBOARD_EXAMPLE } from './dashboard.examples.js';
import { type Dashboard, DashboardReads } from './dashboard-figures.js';
import type { NextStop } from './stored-figures.js';

@ApiTags('dashboard')
@Controller(apiPath('dashboard'))
export class DashboardController {
  constructor(private readonly reads: DashboardReads) {}

  @Get()
  @Operation({
    id: 'getDashboard',
    summary: 'The fleet at a glance',
    description:
      'Counts, money, what auto-stop does next, what needs attention, and how it was in the last hours. While no listing of Novita has completed, `unknown` says why, and figures that depend on a listing are null. While Redis does not answer, `storedAsOf` is the time of the figures that are not in memory. Costs the same at every fleet size, and is shared by all who ask within two seconds.',
    access: 'viewer',
    answers: { 200: { description: 'As of now.', type: DashboardView, example: DASHBOARD_EXAMPLE } },
    problems: [PLATFORM_PROBLEMS['validation-failed']],
  })
  async dashboard(
    @Query(new Validated(DashboardQuery, 'query')) { hours = DEFAULT_HOURS }: DashboardQuery,
  ): Promise<Answer<DashboardView>> {
    const dashboard = await this.reads.read(hours);
    const { behindSince } = dashboard.summary;
    return new Answer(renderDashboard(dashboard), {
      asOf: dashboard.unknown === null ? (behindSince ?? dashboard.asOf) : null,
      fromMemory: behindSince !== null,
    });
  }
}

function renderDashboard(dashboard: Dashboard): DashboardView {
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
  running: null,
  discovered: null,
  byStatus: Object.fromEntries(INSTANCE_STATUSES.map((status) => [status, null])),
};
const UNKNOWN_ATTENTION: DashboardAttentionView = {
  total: null,
  unconfirmed: null,
  overdue: null,
  failed: null,
  missing: null,
  orphans: null,
};

function renderCounts({ counts, summary, unreadable }: Dashboard): DashboardCountsView {
  const { total, discovered, byStatus } = counts;
  return {
    total,
    running: summary.running.instances,
    discovered,
    ...present('unreadable', unreadable === 0 ? null : unreadable),
    byStatus,
  };
}

function unknownMoney({ spend }: Dashboard): DashboardMoneyView {
  return {
    costUsdPerHour: null,
    runningUsdPerHour: null,
    billedThoughStoppedUsdPerHour: null,
    billedThoughStoppedInstances: null,
    todayUsd: null,
    savedTodayUsd: null,
    idle: null,
    unpriced: null,
    ...present('dailyLimitUsd', spend.limit?.dailyUsd),
  };
}

function renderMoney({ spend, summary, asOf }: Dashboard): DashboardMoneyView {
  const { costUsdPerHour, running, billedThoughStopped, idle, unpriced } = summary;
  return {
    costUsdPerHour: usd(costUsdPerHour),
    runningUsdPerHour: usd(running.usdPerHour),
    billedThoughStoppedUsdPerHour: usd(billedThoughStopped.usdPerHour),
    billedThoughStoppedInstances: billedThoughStopped.instances,
    todayUsd: usd(spend.todayUsd),
    savedTodayUsd: usd(spend.savedTodayUsd),
    idle: renderIdleCost(idle, asOf),
    unpriced,
    ...present('dailyLimitUsd', spend.limit?.dailyUsd),
    ...present('limitReached', spend.limit?.reached),
  };
}

function renderNextStop({ record, stopAt }: NextStop): NextStopView {
  return { instanceId: record.id, name: record.name, stopAt, ...present('pricePerHour', record.price.usdPerHour) };
}

function renderAttention({ waiting, summary: { attention, orphans } }: Dashboard): DashboardAttentionView {
  const { instances: total, byReason } = attention;
  const { unconfirmed, overdue, failed, missing } = byReason;
  const oldestSeconds = unconfirmed === 0 || waiting.overdue === 0 ? null : Math.round(waiting.oldestMs / 1_000);
  return {
    total,
    unconfirmed,
    ...present('oldestUnconfirmedSeconds', oldestSeconds),
    overdue,
    failed,
    missing,
    orphans: orphans.instances,
  };
}
