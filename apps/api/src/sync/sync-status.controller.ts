import { Clock, PLATFORM_PROBLEMS } from '@app/platform';
import { SyncRequests, syncProblems } from '@app/sync';
import {
  KEPT_RUNS,
  presentSyncStatus,
  type SyncSnapshot,
  SyncStatusStore,
  SyncStatusView,
  summariseHistory,
} from '@app/sync-status';
import { Controller, Get, Header, Post, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../core/auth/access.js';
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
import { SyncCommandAnswer, SyncHistoryQuery, SyncHistoryView, SyncStatusDocument } from './sync-status.dto.js';

/** The activity of the sync, and whether it runs by itself. */
@ApiTags('sync')
@Controller(apiPath('sync'))
export class SyncStatusController {
  constructor(
    private readonly view: SyncStatusView,
    private readonly store: SyncStatusStore,
    private readonly requests: SyncRequests,
    private readonly clock: Clock,
  ) {}

  @Get('status')
  @Operation({
    id: 'getSyncStatus',
    summary: 'How far the sync with Novita is',
    description:
      'Answered from the copy that each process keeps; asking often costs little. The `X-Sync-*` headers of every answer say the same in short. A request without a key does not learn why something failed, nor who paused it.',
    access: 'public',
    answers: { 200: { description: 'The latest run.', type: SyncStatusDocument, example: SYNC_STATUS_EXAMPLE } },
    problems: [syncProblems['sync-unavailable']],
  })
  @Header('cache-control', 'no-store')
  status(@Req() { caller }: FastifyRequest): SyncStatusDocument {
    const status = syncStatusFor(caller, this.view.current(), this.clock.now());
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
    answers: { 200: { description: 'The latest first.', type: SyncHistoryView, example: SYNC_HISTORY_EXAMPLE } },
    problems: [PLATFORM_PROBLEMS['validation-failed']],
  })
  async history(
    @Query(new Validated(SyncHistoryQuery, 'query')) { limit = KEPT_RUNS }: SyncHistoryQuery,
  ): Promise<SyncHistoryView> {
    return renderHistory(summariseHistory(await this.store.history(KEPT_RUNS)), limit);
  }

  @Post('pause')
  @Operation({
    id: 'pauseSync',
    summary: 'Let no automatic sync begin',
    description:
      'It lasts until the sync is resumed, also over restarts. A run under way ends; a run by hand is carried out.',
    access: 'operator',
    idempotent: true,
    repeatable: 'always',
    answers: {
      200: {
        description: 'It is paused; `paused` says since when.',
        type: SyncCommandAnswer,
        example: SYNC_PAUSED_EXAMPLE,
      },
    },
  })
  async pause(@Req() request: FastifyRequest): Promise<SyncCommandAnswer> {
    const paused = await this.requests.pause(callerOf(request));
    return this.answer({ paused }, SYNC_PAUSED_EXAMPLE.message);
  }

  @Post('resume')
  @Operation({
    id: 'resumeSync',
    summary: 'Let automatic syncs begin again',
    access: 'operator',
    idempotent: true,
    repeatable: 'always',
    answers: {
      200: { description: 'It is not paused.', type: SyncCommandAnswer, example: SYNC_RESUMED_EXAMPLE },
    },
  })
  async resume(@Req() request: FastifyRequest): Promise<SyncCommandAnswer> {
    await this.requests.resume(callerOf(request));
    return this.answer({ paused: null }, SYNC_RESUMED_EXAMPLE.message);
  }

  /** @param known what has just been written, and may not have come back to our copy yet */
  private answer(known: Pick<SyncSnapshot, 'paused'>, message: string): SyncCommandAnswer {
    return { ...presentSyncStatus({ ...this.view.current(), ...known }, this.clock.now()), message };
  }
}
