import { Clock, PLATFORM_PROBLEMS } from '@app/platform';
import { SyncRequests, syncProblems } from '@app/sync';
import { KEPT_RUNS, presentSyncStatus, type SyncPause, type SyncSource, summariseHistory } from '@app/sync-status';
import { Controller, Get, Header, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../core/auth/access.js';
import { API_PROBLEMS } from '../core/errors/api.problems.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { renderHistory, syncStatusFor, unknownSync } from './render-sync.js';
import {
  SYNC_HISTORY_EXAMPLE,
  SYNC_PAUSED_EXAMPLE,
  SYNC_RESUMED_EXAMPLE,
  SYNC_STATUS_EXAMPLE,
} from './sync.examples.js';
import { SyncSources } from './sync-sources.js';
import {
  ApiSyncSource,
  SyncCommandAnswer,
  SyncHistoryQuery,
  SyncHistoryView,
  SyncSourceQuery,
  SyncStatusDocument,
  sourceOf,
} from './sync-status.dto.js';

const MESSAGES: Readonly<Record<SyncSource, { readonly paused: string; readonly resumed: string }>> = {
  novita: { paused: SYNC_PAUSED_EXAMPLE.message, resumed: SYNC_RESUMED_EXAMPLE.message },
  kubernetes: {
    paused: 'The cluster is not followed until it is resumed; what is shown of it grows old',
    resumed: 'The cluster is followed again',
  },
};

/** The activity of the sync, and whether it runs by itself. */
@ApiTags('sync')
@Controller(apiPath('sync'))
export class SyncStatusController {
  constructor(
    private readonly sources: SyncSources,
    private readonly requests: SyncRequests,
    private readonly clock: Clock,
  ) {}

  @Get('status')
  @ApiSyncSource()
  @Operation({
    id: 'getSyncStatus',
    summary: 'How far the sync with Novita is, or with a cluster',
    description:
      'Answered from the copy that each process keeps; asking often costs little. The `X-Sync-*` headers of every answer say the same in short. `source=kubernetes` asks for the sync with the cluster that is mirrored. A request without a key does not learn why something failed, nor who paused it.',
    access: 'public',
    syncSource: 'as-asked',
    answers: { 200: { description: 'The latest run.', type: SyncStatusDocument, example: SYNC_STATUS_EXAMPLE } },
    problems: [
      PLATFORM_PROBLEMS['validation-failed'],
      API_PROBLEMS['kubernetes-off'],
      syncProblems['sync-unavailable'],
    ],
  })
  @Header('cache-control', 'no-store')
  status(@Req() { caller, query }: FastifyRequest): SyncStatusDocument {
    const source = sourceOf(query);
    const sources = source === undefined ? this.sources.summaries() : null;
    const snapshot = this.sources.of(source ?? 'novita').view.current();
    const status = syncStatusFor(caller, snapshot, this.clock.now(), sources);
    if (status === null) throw unknownSync();
    return status;
  }

  @Get('history')
  @Operation({
    id: 'getSyncHistory',
    summary: 'The latest runs of the sync',
    description: 'Dry runs are not among them.',
    access: 'viewer',
    tagged: true,
    syncSource: 'as-asked',
    answers: { 200: { description: 'The latest first.', type: SyncHistoryView, example: SYNC_HISTORY_EXAMPLE } },
    problems: [PLATFORM_PROBLEMS['validation-failed'], API_PROBLEMS['kubernetes-off']],
  })
  async history(
    @Query(new Validated(SyncHistoryQuery, 'query')) { limit = KEPT_RUNS, source = 'novita' }: SyncHistoryQuery,
  ): Promise<SyncHistoryView> {
    return renderHistory(summariseHistory(await this.sources.of(source).store.history(KEPT_RUNS)), limit);
  }

  @Post('pause')
  @Operation({
    id: 'pauseSync',
    summary: 'Let no automatic sync begin',
    description:
      'It lasts until the sync is resumed, also over restarts. A run under way ends; a run by hand is carried out. With `source=kubernetes` the cluster is not followed meanwhile, and what is shown of it grows old.',
    access: 'operator',
    idempotent: true,
    repeatable: 'always',
    takesQuery: true,
    syncSource: 'as-asked',
    answers: {
      200: {
        description: 'It is paused; `paused` says since when.',
        type: SyncCommandAnswer,
        example: SYNC_PAUSED_EXAMPLE,
      },
    },
    problems: [API_PROBLEMS['kubernetes-off']],
  })
  async pause(
    @Query(new Validated(SyncSourceQuery, 'query')) { source = 'novita' }: SyncSourceQuery,
    @Req() request: FastifyRequest,
  ): Promise<SyncCommandAnswer> {
    const paused = await this.requestsTo(source).pause(callerOf(request));
    return this.answer(source, paused);
  }

  @Post('resume')
  @Operation({
    id: 'resumeSync',
    summary: 'Let automatic syncs begin again',
    access: 'operator',
    idempotent: true,
    repeatable: 'always',
    takesQuery: true,
    syncSource: 'as-asked',
    answers: {
      200: { description: 'It is not paused.', type: SyncCommandAnswer, example: SYNC_RESUMED_EXAMPLE },
    },
    problems: [API_PROBLEMS['kubernetes-off']],
  })
  async resume(
    @Query(new Validated(SyncSourceQuery, 'query')) { source = 'novita' }: SyncSourceQuery,
    @Req() request: FastifyRequest,
  ): Promise<SyncCommandAnswer> {
    await this.requestsTo(source).resume(callerOf(request));
    return this.answer(source, null);
  }

  private requestsTo(source: SyncSource): Pick<SyncRequests, 'pause' | 'resume'> {
    return source === 'novita' ? this.requests : this.sources.kubernetes().requests;
  }

  /** @param paused what has just been written, and may not have come back to our copy yet */
  private answer(source: SyncSource, paused: SyncPause | null): SyncCommandAnswer {
    const { view } = this.sources.of(source);
    const message = MESSAGES[source][paused === null ? 'resumed' : 'paused'];
    return { ...presentSyncStatus({ ...view.current(), paused }, this.clock.now()), message };
  }
}
