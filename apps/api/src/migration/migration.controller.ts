import { CheckTrigger, FailedMigrations, MigrationStatus, migrationProblems } from '@app/migration';
import { Body, Controller, Get, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../core/auth/access.js';
import { PROVIDER_PROBLEMS } from '../core/errors/api.problems.js';
import { Answer } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import {
  MigrationStatusAnswer,
  MigrationTriggerBegunAnswer,
  MigrationTriggerInput,
  MigrationTriggerReportAnswer,
  RetryAnswer,
} from './migration.dto.js';
import {
  MIGRATION_BEGUN_EXAMPLE,
  MIGRATION_DRY_RUN_EXAMPLE,
  MIGRATION_STATUS_EXAMPLE,
  RETRY_EXAMPLE,
} from './migration.examples.js';
import { renderDryRun, renderRetry, renderStatus } from './render-migration.js';

/** The migration of reclaimed spot instances, as a whole. */
@ApiTags('migration')
@Controller(apiPath('instances/migration'))
export class MigrationController {
  constructor(
    private readonly checks: CheckTrigger,
    private readonly status: MigrationStatus,
    private readonly failed: FailedMigrations,
  ) {}

  @Get('scheduler/status')
  @Operation({
    id: 'getMigrationStatus',
    summary: 'What migration does: its settings, its checks, and how many migrations are under way',
    access: 'viewer',
    answers: {
      200: { description: 'Settings, runs and sums.', type: MigrationStatusAnswer, example: MIGRATION_STATUS_EXAMPLE },
    },
  })
  async read(): Promise<MigrationStatusAnswer> {
    return renderStatus(await this.status.read());
  }

  @Post('scheduler/trigger')
  @ApiBody({ type: MigrationTriggerInput, required: false, examples: { dryRun: { value: { dryRun: true } } } })
  @Operation({
    id: 'triggerMigration',
    summary: 'Check for reclaimed spot instances now',
    description:
      'With `dryRun` the answer is what a check would do to each reclaimed instance, and why, and with MIGRATION_FALLBACK=same-or-better what would be bought for want of stock; Novita is only read, and nothing is written. Without it a worker begins the check.',
    access: 'operator',
    idempotent: true,
    repeatable: 'always',
    takesBody: true,
    answers: {
      200: {
        description: 'Of a dry run: its verdicts.',
        type: MigrationTriggerReportAnswer,
        example: MIGRATION_DRY_RUN_EXAMPLE,
      },
      202: {
        description: 'The check is begun.',
        type: MigrationTriggerBegunAnswer,
        example: MIGRATION_BEGUN_EXAMPLE,
        headers: { Location: 'Where to see what came of it.' },
      },
    },
    problems: [migrationProblems['no-worker'], migrationProblems['migration-disabled'], ...PROVIDER_PROBLEMS],
  })
  async trigger(
    @Body(new Validated(MigrationTriggerInput, 'body', 'empty')) { dryRun = false }: MigrationTriggerInput,
    @Req() request: FastifyRequest,
  ): Promise<MigrationTriggerReportAnswer | Answer<MigrationTriggerBegunAnswer>> {
    const outcome = await this.checks.trigger({ dryRun }, callerOf(request));
    if (outcome.kind === 'report') return renderDryRun(outcome.report);
    const data = { checkId: outcome.checkId, dryRun: false } as const;
    const begun: MigrationTriggerBegunAnswer = { success: true, message: MIGRATION_BEGUN_EXAMPLE.message, data };
    return new Answer(begun, { status: 202, location: '/api/v1/instances/migration/scheduler/status' });
  }

  @Post('check-failed')
  @HttpCode(200)
  @ApiBody({ type: MigrationTriggerInput, required: false, examples: { dryRun: { value: { dryRun: true } } } })
  @Operation({
    id: 'retryFailedMigrations',
    summary: 'Try failed migrations again now',
    description:
      'Brings the next attempt of each failed migration forward, and begins those anew that were given up. An instance that somebody has stopped or started since is left alone. The answer says for each what was done and why. With `dryRun` it says what would be done, and nothing is written.',
    access: 'operator',
    idempotent: true,
    repeatable: 'always',
    takesBody: true,
    answers: {
      200: { description: 'What was done about each.', type: RetryAnswer, example: RETRY_EXAMPLE },
    },
    problems: [migrationProblems['migration-disabled']],
  })
  async retry(
    @Body(new Validated(MigrationTriggerInput, 'body', 'empty')) { dryRun = false }: MigrationTriggerInput,
    @Req() request: FastifyRequest,
  ): Promise<RetryAnswer> {
    return renderRetry(await this.failed.retry({ dryRun }, callerOf(request)));
  }
}
