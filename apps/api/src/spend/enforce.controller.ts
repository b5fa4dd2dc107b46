import { JobQueue, SPEND_ACCRUAL } from '@app/jobs';
import { type PlannedStop, type ReachedLimit, SpendOptions, SpendStopPlan } from '@app/spend';
import { Body, Controller, Post } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { present, usd } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import {
  ENFORCE_SPEND_EXAMPLE,
  EnforceSpendInput,
  EnforceSpendView,
  type ReachedLimitView,
  type SpendStopView,
} from './enforce.dto.js';

/** Going through the fleet for a dry run takes no longer. */
const LONGEST_MS = 20_000;

/** What the limits of spend stop. */
@ApiTags('spend')
@Controller(apiPath('spend'))
export class EnforceSpendController {
  constructor(
    private readonly plan: SpendStopPlan,
    private readonly queue: JobQueue,
    private readonly options: SpendOptions,
  ) {}

  @Post('enforce')
  @ApiBody({ type: EnforceSpendInput, examples: { dryRun: { value: { dryRun: true } } } })
  @Operation({
    id: 'enforceSpendLimits',
    summary: 'What the spend limits stop',
    description:
      'A dry run answers what the next check stops if SPEND_ENFORCE is `stop`, by what is known at this moment, and stops nothing. Otherwise a check is asked for; it runs in a worker, and changes nothing unless SPEND_ENFORCE is `stop`.',
    access: 'admin',
    repeatable: 'always',
    takesBody: true,
    answers: {
      200: { description: 'What a check stops.', type: EnforceSpendView, example: ENFORCE_SPEND_EXAMPLE },
    },
  })
  async enforce(@Body(new Validated(EnforceSpendInput)) { dryRun }: EnforceSpendInput): Promise<EnforceSpendView> {
    const { day, reached, stops, total, skipped } = await this.plan.make(AbortSignal.timeout(LONGEST_MS));
    if (!dryRun) await this.queue.enqueue(SPEND_ACCRUAL, {});
    const limits = [...(reached.fleet === null ? [] : [reached.fleet]), ...reached.owners.values()];
    return {
      dryRun,
      stops: this.options.enforcement === 'stop',
      day,
      reached: limits.map(renderLimit),
      stopping: stops.map(renderStop),
      total,
      skipped,
    };
  }
}

function renderLimit({ owner, spentUsd, limitUsd }: ReachedLimit): ReachedLimitView {
  return { ...present('owner', owner), spentUsd: usd(spentUsd), limitUsd: usd(limitUsd) };
}

function renderStop({ id, name, owner, usdPerHour, isIdle }: PlannedStop): SpendStopView {
  return {
    instanceId: id,
    name,
    ...present('owner', owner),
    ...present('pricePerHour', usdPerHour),
    idle: isIdle,
  };
}
