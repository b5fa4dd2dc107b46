import { InstanceCommands, type StillCosting, type StopAllItem, type StopAllOutcome } from '@app/lifecycle';
import { Body, Controller, Post, Req } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../core/auth/access.js';
import { Answer, present, usd } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import {
  type CostSumView,
  type StillCostingView,
  StopAllAnswer,
  StopAllInput,
  type StopAllItemView,
  type StopAllReasonView,
} from './instance-commands.dto.js';
import { STOP_ALL_EXAMPLE } from './instances.examples.js';
import { UnknownFleet, type UnknownView } from './unknown-fleet.js';

@ApiTags('commands')
@Controller(apiPath('instances'))
export class StopAllController {
  constructor(
    private readonly commands: InstanceCommands,
    private readonly fleet: UnknownFleet,
  ) {}

  @Post('stop-all')
  @ApiBody({ type: StopAllInput, required: false, examples: { dryRun: { value: { dryRun: true } } } })
  @Operation({
    id: 'stopAllInstances',
    summary: 'Stop every instance of ours',
    description:
      'Instances that were made elsewhere (`discovered`) are left alone, and those paid by the month are billed also while stopped: `stillCosting` holds both. With `dryRun` nothing is stopped.',
    access: 'operator',
    acceptedWhileAway: true,
    idempotent: true,
    repeatable: 'always',
    takesBody: true,
    answers: {
      200: {
        description: 'What would be stopped, or that nothing runs.',
        type: StopAllAnswer,
        example: STOP_ALL_EXAMPLE,
      },
      202: { description: 'Their stops are accepted.', type: StopAllAnswer, example: STOP_ALL_EXAMPLE },
    },
  })
  async stopAll(
    @Body(new Validated(StopAllInput, 'body', 'empty')) { dryRun = false }: StopAllInput,
    @Req() request: FastifyRequest,
  ): Promise<Answer<StopAllAnswer>> {
    const outcome = await this.commands.stopAll(callerOf(request), { dryRun });
    const status = !dryRun && outcome.stopping.length > 0 ? 202 : 200;
    return new Answer(toAnswer(outcome, this.fleet.reason()), { status });
  }
}

function toAnswer(
  { dryRun, stopping, skipped, failed, ending, stillCosting }: StopAllOutcome,
  unknown: UnknownView | null,
): StopAllAnswer {
  return {
    success: failed.length === 0,
    message: messageOf(dryRun, stopping.length, failed.length, unknown === null ? stillCosting : null),
    data: {
      dryRun,
      stopping: stopping.map(toItem),
      skipped: skipped.map(toItemWithReason),
      failed: failed.map(toItemWithReason),
      ending: { ...ending, usdPerHour: usd(ending.usdPerHour) },
      stillCosting: unknown === null ? toStillCosting(stillCosting) : null,
      ...present('unknown', unknown),
    },
  };
}

function toItem({ id, name, status, usdPerHour }: StopAllItem): StopAllItemView {
  return { instanceId: id, name, status, ...present('pricePerHour', usdPerHour) };
}

function toItemWithReason(item: StopAllItem & { readonly reason: string }): StopAllReasonView {
  const { id, name, status, usdPerHour, reason } = item;
  return { instanceId: id, name, status, ...present('pricePerHour', usdPerHour), reason };
}

function toStillCosting({ usdPerHour, instances: count, unpriced, byReason }: StillCosting): StillCostingView {
  const { madeElsewhere, monthly, notStopped } = byReason;
  return {
    usdPerHour: usd(usdPerHour),
    instances: count,
    unpriced,
    byReason: { madeElsewhere: rounded(madeElsewhere), monthly: rounded(monthly), notStopped: rounded(notStopped) },
  };
}

function rounded(sum: CostSumView): CostSumView {
  return { usdPerHour: usd(sum.usdPerHour), instances: sum.instances };
}

/** @param still null while nobody knows what runs at Novita */
function messageOf(dryRun: boolean, stopping: number, failed: number, still: StillCosting | null): string {
  const done = dryRun
    ? `Dry run: ${instances(stopping)} would be stopped`
    : stopping === 0
      ? 'No instance to stop'
      : `Stopping ${instances(stopping)}`;
  const failing = failed === 0 ? '' : `; ${instances(failed)} could not be stopped`;
  if (still === null) return `${done}${failing}; what else runs at Novita is not known`;
  const goesOn = still.instances === 0 ? '' : `; still costing: ${instances(still.instances)}`;
  return `${done}${failing}${goesOn}`;
}

function instances(count: number): string {
  return `${count} instance${count === 1 ? '' : 's'}`;
}
