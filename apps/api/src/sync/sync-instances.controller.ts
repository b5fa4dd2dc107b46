import { PLATFORM_PROBLEMS } from '@app/platform';
import { syncProblems } from '@app/sync';
import { Body, Controller, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { apiPath } from '../http/api-path.js';
import { Validated } from '../http/validated.pipe.js';
import { Operation } from '../openapi/operation.decorator.js';
import { SYNC_INSTANCES_EXAMPLE, SYNC_RUNNING_EXAMPLE } from '../openapi/sync-examples.js';
import { API_PROBLEMS } from '../problems/api.problems.js';
import { ManualSync } from './manual-sync.js';
import { renderReport } from './render-report.js';
import {
  SyncInstancesAnswer,
  SyncInstancesInput,
  SyncInstancesQuery,
  SyncRunningAnswer,
  toSyncOptions,
} from './sync-instances.dto.js';

@ApiTags('sync')
@Controller(apiPath('instances'))
export class SyncInstancesController {
  constructor(private readonly syncs: ManualSync) {}

  @Post('sync')
  @ApiBody({
    type: SyncInstancesInput,
    required: false,
    examples: {
      all: { summary: 'Everything, as automatic runs do it', value: {} },
      dryRun: { summary: 'Only tell what would be done', value: { dryRun: true } },
      force: { summary: 'Let a held listing through', value: { forceSync: true, resources: ['instances'] } },
    },
  })
  @Operation({
    id: 'syncInstances',
    summary: 'Bring the records in line with Novita now',
    description:
      'A worker carries it out; the answer comes when it has ended, or after 60 s while it goes on. Nothing is removed but what is missing from a clean listing and what Novita denies when it is asked for it alone. While another run is under way it is refused, or joins that one with `wait=true`.',
    access: 'operator',
    idempotent: true,
    repeatable: 'always',
    takesBody: true,
    takesQuery: true,
    answers: {
      200: {
        description: 'It has ended. `success` is false when a kind other than the instances could not be read.',
        type: SyncInstancesAnswer,
        example: SYNC_INSTANCES_EXAMPLE,
      },
      202: {
        description: 'It goes on.',
        type: SyncRunningAnswer,
        example: SYNC_RUNNING_EXAMPLE,
        headers: { Location: 'Where to see how far it is.' },
      },
    },
    problems: [
      syncProblems['sync-in-progress'],
      syncProblems['no-worker'],
      syncProblems['sync-unavailable'],
      API_PROBLEMS['sync-failed'],
      PLATFORM_PROBLEMS['shutting-down'],
    ],
  })
  async sync(
    @Body(new Validated(SyncInstancesInput, 'body', 'empty')) input: SyncInstancesInput,
    @Query(new Validated(SyncInstancesQuery, 'query')) { wait = false }: SyncInstancesQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const answer = await this.syncs.run(toSyncOptions(input), wait, request, reply);
    if (answer.kind === 'finished') {
      void reply.code(200).send(renderReport(answer.report, answer.joined));
      return;
    }
    reply.code(202).header('location', `${request.prefix}/api/v1/sync/status`);
    void reply.send({
      ...SYNC_RUNNING_EXAMPLE,
      data: { runId: answer.runId, status: 'running' },
    } satisfies SyncRunningAnswer);
  }
}
