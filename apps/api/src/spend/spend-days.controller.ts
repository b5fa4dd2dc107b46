import { FleetView, startOfDayMs } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { Clock, PLATFORM_PROBLEMS, timestampFromMs } from '@app/platform';
import { type SpendDay, SpendDays } from '@app/spend';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answer, present, usd } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { InstanceIdParam, instanceNotFound, parseInstanceRef } from '../instances/read-instance.js';
import { UnknownFleet } from '../instances/unknown-fleet.js';
import {
  DEFAULT_DAYS,
  INSTANCE_SPEND_EXAMPLE,
  InstanceSpendDaysView,
  SPEND_DAYS_EXAMPLE,
  SpendDaysQuery,
  SpendDaysView,
  type SpendDayView,
} from './spend-days.dto.js';

/** What the fleet, or one instance, has cost day by day. */
@ApiTags('spend')
@Controller(apiPath(''))
export class SpendDaysController {
  constructor(
    private readonly days: SpendDays,
    private readonly fleet: FleetView,
    private readonly unknown: UnknownFleet,
    private readonly clock: Clock,
  ) {}

  @Get('spend/days')
  @Operation({
    id: 'getSpendDays',
    summary: 'What the fleet has cost day by day',
    description:
      "Days of UTC, each divided by who made the instances or by product. From running periods and prices, not from Novita's bill. Costs the same at every fleet size.",
    access: 'viewer',
    answers: { 200: { description: 'The days.', type: SpendDaysView, example: SPEND_DAYS_EXAMPLE } },
    problems: [PLATFORM_PROBLEMS['validation-failed']],
  })
  async fleetDays(
    @Query(new Validated(SpendDaysQuery, 'query')) { days = DEFAULT_DAYS, by = 'owner' }: SpendDaysQuery,
  ): Promise<Answer<SpendDaysView>> {
    const asOf = this.clock.timestamp();
    const unknown = this.unknown.reason();
    const spent = unknown === null ? (await this.days.latest(days, by)).map(renderDay) : null;
    return new Answer(
      { asOf, ...present('unknown', unknown), by, days: spent },
      { asOf: unknown === null ? asOf : null },
    );
  }

  @Get('instances/:id/spend')
  @InstanceIdParam()
  @Operation({
    id: 'getInstanceSpend',
    summary: 'What an instance has cost',
    description: 'In all and by day of UTC, and what auto-stop has saved.',
    access: 'viewer',
    answers: { 200: { description: 'Up to now.', type: InstanceSpendDaysView, example: INSTANCE_SPEND_EXAMPLE } },
    problems: [lifecycleProblems['instance-not-found']],
  })
  async instanceDays(@Param('id') id: string): Promise<InstanceSpendDaysView> {
    const stored = await this.fleet.get(parseInstanceRef(id));
    if (stored === null) throw instanceNotFound();
    const { asOf, usd: inAll, usdPerHour, countedFrom, days } = await this.days.ofInstance(stored.record);
    return {
      instanceId: stored.record.id,
      asOf,
      usd: usd(inAll),
      usdPerHour: usd(usdPerHour),
      ...present('countedFrom', countedFrom),
      savedUsd: usd(days.reduce((sum, { savedUsd }) => sum + savedUsd, 0)),
      days: days.map(({ day, usd: amount, savedUsd }) => ({
        day: dateOf(day),
        usd: usd(amount),
        savedUsd: usd(savedUsd),
      })),
    };
  }
}

/** The parts are read beside the whole: what was accrued in between is in the parts first. */
function renderDay({ day, usd: amount, savedUsd, parts }: SpendDay): SpendDayView {
  const named = usd([...parts.values()].reduce((sum, part) => sum + part, 0));
  const whole = Math.max(usd(amount), named);
  return {
    day: dateOf(day),
    usd: whole,
    savedUsd: usd(savedUsd),
    parts: Object.fromEntries([...parts].map(([name, part]) => [name, usd(part)])),
    otherUsd: usd(whole - named),
  };
}

/** @param day days since 1970 */
function dateOf(day: number): string {
  return timestampFromMs(startOfDayMs(day)).slice(0, 'yyyy-mm-dd'.length);
}
