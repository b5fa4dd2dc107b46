import { AutoStopStatistics, autoStopProblems, CheckTrigger } from '@app/auto-stop';
import { FleetView } from '@app/instance-store';
import { Clock } from '@app/platform';
import { Body, Controller, Get, Post, Req } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../core/auth/access.js';
import { Answer } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { renderIdleCost } from '../instances/idle-cost.dto.js';
import { AutoStopStatsAnswer, TriggerBegunAnswer, TriggerInput, TriggerReportAnswer } from './auto-stop.dto.js';
import { AUTO_STOP_STATS_EXAMPLE, CHECK_BEGUN_EXAMPLE, DRY_RUN_EXAMPLE } from './auto-stop.examples.js';
import { renderDryRun, renderStats } from './render-auto-stop.js';

/** The check for idle instances, as a whole. */
@ApiTags('auto-stop')
@Controller(apiPath('instances/auto-stop'))
export class AutoStopController {
  constructor(
    private readonly checks: CheckTrigger,
    private readonly statistics: AutoStopStatistics,
    private readonly fleet: FleetView,
    private readonly clock: Clock,
  ) {}

  @Get('stats')
  @Operation({
    id: 'getAutoStopStats',
    summary: 'What auto-stop does, and what it has saved',
    access: 'viewer',
    answers: {
      200: { description: 'Settings, runs and sums.', type: AutoStopStatsAnswer, example: AUTO_STOP_STATS_EXAMPLE },
    },
  })
  async stats(): Promise<AutoStopStatsAnswer> {
    const [stats, { idle }] = await Promise.all([this.statistics.read(), this.fleet.summarize({})]);
    return renderStats(stats, renderIdleCost(idle, this.clock.timestamp()));
  }

  @Post('trigger')
  @ApiBody({ type: TriggerInput, required: false, examples: { dryRun: { value: { dryRun: true } } } })
  @Operation({
    id: 'triggerAutoStop',
    summary: 'Check for idle instances now',
    description:
      'With `dryRun` the answer is what a check would do to each instance whose time is due, and why; nothing is written. Without it a worker begins the check.',
    access: 'operator',
    idempotent: true,
    repeatable: 'always',
    takesBody: true,
    answers: {
      200: { description: 'Of a dry run: its verdicts.', type: TriggerReportAnswer, example: DRY_RUN_EXAMPLE },
      202: {
        description: 'The check is begun.',
        type: TriggerBegunAnswer,
        example: CHECK_BEGUN_EXAMPLE,
        headers: { Location: 'Where to see what came of it.' },
      },
    },
    problems: [autoStopProblems['no-worker']],
  })
  async trigger(
    @Body(new Validated(TriggerInput, 'body', 'empty')) { dryRun = false }: TriggerInput,
    @Req() request: FastifyRequest,
  ): Promise<TriggerReportAnswer | Answer<TriggerBegunAnswer>> {
    const outcome = await this.checks.trigger({ dryRun }, callerOf(request));
    if (outcome.kind === 'report') return renderDryRun(outcome.report);
    const data = { checkId: outcome.checkId, dryRun: false } as const;
    const begun: TriggerBegunAnswer = { success: true, message: CHECK_BEGUN_EXAMPLE.message, data };
    return new Answer(begun, { status: 202, location: '/api/v1/instances/auto-stop/stats' });
  }
}
