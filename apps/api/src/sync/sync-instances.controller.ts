import type { Caller } from '@app/lifecycle';
import { Draining, PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { type SyncAnswer, type SyncOptions, SyncRequests, syncProblems } from '@app/sync';
import { Body, Controller, Injectable, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../core/auth/access.js';
import { API_PROBLEMS } from '../core/errors/api.problems.js';
import { Answer, ClientSignal } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { SYNC_INSTANCES_EXAMPLE, SYNC_RUNNING_EXAMPLE } from './sync.examples.js';
import {
  renderReport,
  SyncInstancesAnswer,
  SyncInstancesInput,
  SyncInstancesQuery,
  SyncRunningAnswer,
  toSyncOptions,
} from './sync-instances.dto.js';

/** How long a caller waits for the end of a run. */
const PATIENCE_MS = 60_000;

/** For the log, and so that an Idempotency-Key is given free. */
const NOBODY_WAITS = 'The caller went away while the sync goes on.';

export interface ManualRun {
  /** Whether a run under way is joined. */
  readonly wait: boolean;
  readonly caller: Caller;
  /** Aborted when nobody waits for the answer any more. */
  readonly client: AbortSignal;
}

/** A sync on the time of a request: for as long as somebody waits for its answer and this process lives. */
@Injectable()
export class ManualSync {
  constructor(
    private readonly requests: SyncRequests,
    private readonly draining: Draining,
  ) {}

  /** @throws Problem those of `SyncRequests.run`, and `shutting-down` */
  async run(options: SyncOptions, { wait, caller, client }: ManualRun): Promise<SyncAnswer> {
    try {
      return await this.requests.run(options, caller, {
        wait,
        patienceMs: PATIENCE_MS,
        signal: AbortSignal.any([client, this.draining.signal]),
      });
    } catch (error) {
      throw this.meaningOf(error, client);
    }
  }

  private meaningOf(error: unknown, client: AbortSignal): unknown {
    if (error instanceof Problem) return error;
    if (client.aborted)
      return new Problem(PLATFORM_PROBLEMS['request-in-flight'], { detail: NOBODY_WAITS, cause: error });
    if (!this.draining.isDraining) return error;
    return new Problem(PLATFORM_PROBLEMS['shutting-down'], {
      detail: 'This process ends before the sync does, which goes on without it.',
      suggestion: 'Follow it with GET /api/v1/sync/status.',
      retryAfterSeconds: 1,
      cause: error,
    });
  }
}

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
      dryRun: { summary: 'Only report what would be done', value: { dryRun: true } },
      force: { summary: 'Let a held listing through', value: { forceSync: true, resources: ['instances'] } },
    },
  })
  @Operation({
    id: 'syncInstances',
    summary: 'Bring the records in line with Novita now',
    description:
      'A worker carries it out; the answer comes when it has ended, or after 60 s while it goes on. Nothing is removed but what is missing from a clean listing and what Novita denies when it is asked for it alone. While another run is under way the request is rejected, or joins that one with `wait=true`.',
    access: 'operator',
    limitedKeys: true,
    idempotent: true,
    repeatable: 'always',
    takesBody: true,
    takesQuery: true,
    outlastsSync: true,
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
    @ClientSignal() client: AbortSignal,
  ): Promise<SyncInstancesAnswer | Answer<SyncRunningAnswer>> {
    const answer = await this.syncs.run(toSyncOptions(input), { wait, caller: callerOf(request), client });
    if (answer.kind === 'finished') return renderReport(answer.report, answer.joined);
    const running = { ...SYNC_RUNNING_EXAMPLE, data: { runId: answer.runId, status: 'running' as const } };
    return new Answer(running, { status: 202, location: '/api/v1/sync/status' });
  }
}
