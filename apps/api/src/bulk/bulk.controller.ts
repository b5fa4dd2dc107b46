import { autoStopProblems } from '@app/auto-stop';
import type { FleetFilter } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { Clock } from '@app/platform';
import { Body, Controller, Post, Req } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { leaseEnd } from '../auto-stop/lease.dto.js';
import { KnownRegions } from '../catalogue/known-regions.js';
import { callerOf } from '../core/auth/access.js';
import { API_PROBLEMS } from '../core/errors/api.problems.js';
import { present, usd } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { toAutoStopChange } from '../instances/instance-settings.dto.js';
import { toFleetFilter } from '../instances/list-instances.dto.js';
import { parseInstanceRef } from '../instances/read-instance.js';
import {
  BULK_PREVIEW_EXAMPLE,
  BulkAnswer,
  BulkInput,
  type BulkOutcomeView,
  type BulkPreviewView,
  type BulkResultView,
} from './bulk.dto.js';
import { BulkCommands, type BulkPreview, type BulkResult } from './bulk-commands.js';
import type { BulkOrder } from './bulk-rules.js';

/** Named in a dry run one by one, and by id alone. */
const MOST_ITEMS = 200;
const MOST_IDS = 50_000;

/** One command on many instances. */
@ApiTags('commands')
@Controller(apiPath('instances'))
export class BulkController {
  constructor(
    private readonly bulk: BulkCommands,
    private readonly regions: KnownRegions,
    private readonly clock: Clock,
  ) {}

  @Post('bulk')
  @ApiBody({
    type: BulkInput,
    examples: {
      dryRun: {
        summary: 'What a stop of all idle ones would do',
        value: { action: 'stop', filter: { show: 'idle' }, dryRun: true },
      },
      ids: { summary: 'Stop these', value: { action: 'stop', ids: ['ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE'] } },
    },
  })
  @Operation({
    id: 'runBulkCommand',
    summary: 'Do the same with many instances',
    description: [
      'Acts on the named instances, at most 500 at once, or on everything that matches a filter. Begin with `dryRun`: it names what would be acted on, with the dollars per hour that end or begin.',
      'Then send its `ids` in pieces, each with the same `filter`, so that those are left alone that do not match any more; or send `filter` and `digest`, which is rejected when it would act on other instances than the dry run named.',
      'Each instance is handled on its own; those that failed can be sent again.',
    ].join('\n\n'),
    access: 'operator',
    acceptedWhileAway: true,
    idempotent: true,
    repeatable: 'with-key',
    takesBody: true,
    answers: {
      200: { description: 'What became of each, or would.', type: BulkAnswer, example: BULK_PREVIEW_EXAMPLE },
    },
    problems: [
      API_PROBLEMS['selection-changed'],
      API_PROBLEMS['selection-too-large'],
      autoStopProblems['lease-not-plausible'],
      lifecycleProblems['unknown-region'],
    ],
  })
  async run(@Body(new Validated(BulkInput)) input: BulkInput, @Req() request: FastifyRequest): Promise<BulkAnswer> {
    const { action, dryRun = false, digest = '' } = input;
    const order = orderOf(input, this.clock.now());
    const ids = input.ids === undefined ? null : input.ids.map(parseInstanceRef);
    const filter = await this.filterOf(input);
    if (dryRun) return { action, dryRun, preview: renderPreview(await this.bulk.preview({ ids, filter }, order)) };
    const caller = callerOf(request);
    const results =
      ids === null
        ? await this.bulk.runMatching(filter ?? {}, digest, order, caller)
        : await this.bulk.runNamed(ids, filter, order, caller);
    return { action, dryRun, outcome: renderOutcome(results) };
  }

  private async filterOf({ filter }: BulkInput): Promise<FleetFilter | null> {
    if (filter === undefined) return null;
    const { regions, ...others } = toFleetFilter(filter);
    return { ...others, ...(await this.regions.filterByAny(regions, '/filter/region')) };
  }
}

function orderOf({ action, until, minutes, reason = '', autoStop = {} }: BulkInput, nowMs: number): BulkOrder {
  switch (action) {
    case 'keepBusy':
      return {
        action,
        until: leaseEnd({ ...present('until', until), ...present('minutes', minutes) }, nowMs),
        reason: reason.trim(),
      };
    case 'autoStop':
      return { action, change: toAutoStopChange(autoStop) };
    case 'start':
    case 'stop':
    case 'restart':
    case 'delete':
    case 'adopt':
    case 'ignore':
    case 'unignore':
    case 'endLease':
      return { action };
  }
}

function renderPreview({ matching, acting, cost, skipped, digest }: BulkPreview): BulkPreviewView {
  return {
    matching,
    acting: acting.length,
    endsUsdPerHour: usd(cost.endsUsdPerHour),
    beginsUsdPerHour: usd(cost.beginsUsdPerHour),
    unpriced: cost.unpriced,
    skipped: skipped.map((skip) => ({ ...skip })),
    items: acting.slice(0, MOST_ITEMS).map(({ id, name, status, price }) => ({
      instanceId: id,
      name,
      status,
      ...present('pricePerHour', price.usdPerHour),
    })),
    ids: acting.slice(0, MOST_IDS).map(({ id }) => id),
    digest,
  };
}

function renderOutcome(results: readonly BulkResult[]): BulkOutcomeView {
  const countOf = (outcome: BulkResult['outcome']): number => results.filter((one) => one.outcome === outcome).length;
  return {
    accepted: countOf('accepted'),
    skipped: countOf('skipped'),
    failed: countOf('failed'),
    items: results.map(renderResult),
  };
}

function renderResult(result: BulkResult): BulkResultView {
  const { id: instanceId, name, outcome } = result;
  switch (outcome) {
    case 'accepted':
      return { instanceId, name, outcome };
    case 'skipped':
      return { instanceId, ...present('name', name), outcome, ...result.skip };
    case 'failed': {
      const { type, details } = result.problem;
      const retryable = details.retryable ?? type.retryable;
      return { instanceId, name, outcome, code: type.code, reason: details.detail ?? type.title, retryable };
    }
  }
}
