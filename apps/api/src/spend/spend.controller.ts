import { type FleetSummary, FleetView } from '@app/instance-store';
import { PLATFORM_PROBLEMS } from '@app/platform';
import { type OwnerLimit, type SpendLimit, type SpendOfInstance, type SpendReport, SpendReports } from '@app/spend';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answer, present, usd } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { renderIdleCost } from '../instances/idle-cost.dto.js';
import { UnknownFleet, type UnknownView } from '../instances/unknown-fleet.js';
import {
  DEFAULT_SPENDERS,
  type InstanceSpendView,
  type OwnerLimitView,
  SPEND_EXAMPLE,
  type SpendPeriodView,
  SpendQuery,
  SpendView,
} from './spend.dto.js';

@ApiTags('spend')
@Controller(apiPath('spend'))
export class SpendController {
  constructor(
    private readonly reports: SpendReports,
    private readonly fleet: FleetView,
    private readonly unknown: UnknownFleet,
  ) {}

  @Get()
  @Operation({
    id: 'getSpend',
    summary: 'What the fleet costs, and what auto-stop saves',
    description:
      "From the records' own running periods and prices, not from Novita's bill. While no listing of Novita has completed, `unknown` says why, and `now`, `today` and `month` are null. Costs the same at every fleet size.",
    access: 'viewer',
    answers: { 200: { description: 'Now, today and this month.', type: SpendView, example: SPEND_EXAMPLE } },
    problems: [PLATFORM_PROBLEMS['validation-failed']],
  })
  async spend(
    @Query(new Validated(SpendQuery, 'query')) { limit = DEFAULT_SPENDERS }: SpendQuery,
  ): Promise<Answer<SpendView>> {
    const [report, summary] = await Promise.all([this.reports.report(limit), this.fleet.summarize({})]);
    const unknown = this.unknown.reason();
    return new Answer(renderSpend(report, summary, unknown), { asOf: unknown === null ? report.asOf : null });
  }
}

/** @param unknown why nothing is known; null when a listing has completed */
function renderSpend(report: SpendReport, summary: FleetSummary, unknown: UnknownView | null): SpendView {
  const limit = report.limit === null ? null : { ...report.limit };
  if (unknown !== null) {
    const { ownerLimit } = report;
    return {
      asOf: report.asOf,
      unknown,
      now: null,
      today: null,
      month: null,
      ...present('limit', limit === null ? null : consequencesOf(limit)),
      ...present('ownerLimit', ownerLimit === null ? null : consequencesOf(ownerLimit)),
    };
  }
  return {
    asOf: report.asOf,
    now: {
      costUsdPerHour: usd(summary.costUsdPerHour),
      runningUsdPerHour: usd(summary.running.usdPerHour),
      billedThoughStoppedUsdPerHour: usd(summary.billedThoughStopped.usdPerHour),
      byStatus: rates(summary.byStatus),
      byRegion: rates(summary.byRegion),
      byProduct: rates(summary.byProduct),
      byOwner: rates(summary.byOwner),
      unpriced: summary.unpriced,
      idle: renderIdleCost(summary.idle, report.asOf),
    },
    today: renderPeriod(report.todayUsd, report.savedTodayUsd, report.today),
    month: renderPeriod(report.monthUsd, report.savedMonthUsd, report.month),
    ...present('limit', limit),
    ...present('ownerLimit', report.ownerLimit === null ? null : renderOwnerLimit(report.ownerLimit)),
  };
}

function consequencesOf({ dailyUsd, enforced, stops }: Omit<SpendLimit, 'reached'>): Omit<SpendLimit, 'reached'> {
  return { dailyUsd, enforced, stops };
}

function renderOwnerLimit(limit: OwnerLimit): OwnerLimitView {
  const owners = limit.owners.map((spend) => ({ ...spend, usd: usd(spend.usd) }));
  return { ...consequencesOf(limit), owners };
}

/** The sums and the instances are read one after the other: amounts accrued in between are in the whole only. */
function renderPeriod(wholeUsd: number, savedUsd: number, spends: readonly SpendOfInstance[]): SpendPeriodView {
  const instances = spends.map(renderInstanceSpend);
  const named = usd(instances.reduce((sum, { usd: amount }) => sum + amount, 0));
  const whole = Math.max(usd(wholeUsd), named);
  return { usd: whole, savedUsd: usd(savedUsd), instances, otherUsd: usd(whole - named) };
}

function renderInstanceSpend({ id, name, usd: amount }: SpendOfInstance): InstanceSpendView {
  return { instanceId: id, ...present('name', name), usd: usd(amount) };
}

/** Of those that cost anything. */
function rates(sums: FleetSummary['byRegion']): Record<string, number> {
  return Object.fromEntries(
    Object.entries(sums).flatMap(([name, { usdPerHour }]) => (usdPerHour === 0 ? [] : [[name, usd(usdPerHour)]])),
  );
}
