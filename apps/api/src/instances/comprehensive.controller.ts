import {
  FleetView,
  type IdleRules,
  IdleSettings,
  idleRulesOf,
  LONGEST_PAGE,
  type StoredInstance,
} from '@app/instance-store';
import { ReclaimedInstances } from '@app/migration';
import { Clock, oneLine, PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { SYNC_KINDS, type SyncAnswer, syncProblems } from '@app/sync';
import { renderStored } from '@app/views';
import { Controller, Get, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { callerOf, mayUse, showsSecrets } from '../core/auth/access.js';
import { API_PROBLEMS, PROVIDER_PROBLEMS } from '../core/errors/api.problems.js';
import { Answer, ClientSignal, present } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { ManualSync } from '../sync/sync-instances.controller.js';
import { ComprehensiveAnswer, ComprehensiveQuery, type ComprehensiveSyncView } from './comprehensive.dto.js';
import { COMPREHENSIVE_EXAMPLE } from './instances.examples.js';
import { mergeFleet, renderComprehensive } from './merge-fleet.js';
import { fleetTooLarge, MAX_INSTANCES, ProviderListing } from './provider-listing.js';

const MAX_ERROR_LENGTH = 500;

@ApiTags('instances')
@Controller(apiPath('instances'))
export class ComprehensiveController {
  private readonly rules: IdleRules;

  constructor(
    private readonly listing: ProviderListing,
    private readonly fleet: FleetView,
    private readonly syncs: ManualSync,
    private readonly reclaimed: ReclaimedInstances,
    private readonly clock: Clock,
    settings: IdleSettings,
  ) {
    this.rules = idleRulesOf(settings);
  }

  @Get('comprehensive')
  @Operation({
    id: 'listInstancesComprehensively',
    summary: 'All instances, ours merged with what Novita lists now',
    description:
      'Asks Novita on every call; callers at the same time share one listing. For fleets of at most 10,000. With `syncLocalState=true` the records are brought in line first, which may take up to 60 s and needs the role operator; should that fail, `sync` says so beside what there is. Terminated ones are left out unless Novita lists them.',
    access: 'viewer',
    datesItself: true,
    outlastsSync: true,
    answers: {
      200: { description: 'The fleet, here and there.', type: ComprehensiveAnswer, example: COMPREHENSIVE_EXAMPLE },
    },
    problems: [
      PLATFORM_PROBLEMS['validation-failed'],
      PLATFORM_PROBLEMS.forbidden,
      API_PROBLEMS['fleet-too-large'],
      syncProblems['no-worker'],
      syncProblems['sync-unavailable'],
      PLATFORM_PROBLEMS['shutting-down'],
      ...PROVIDER_PROBLEMS,
    ],
  })
  async comprehensive(
    @Query(new Validated(ComprehensiveQuery, 'query')) query: ComprehensiveQuery,
    @Req() request: FastifyRequest,
    @ClientSignal() client: AbortSignal,
  ): Promise<Answer<ComprehensiveAnswer>> {
    const { syncLocalState = false, includeNovitaOnly = true } = query;
    const begunAt = this.clock.now();
    const sync = syncLocalState ? await this.syncFirst(request, client) : null;
    // First what Novita lists: a create that is written meanwhile then finds its record.
    const { instances, verdict } = await this.listing.list(sync === null ? undefined : this.clock.now());
    await this.reclaimed.note(instances.values(), verdict.startedAt);
    const merged = mergeFleet(await this.allRecords(), instances);
    const { clean, reason, startedAt } = verdict;
    const answer = renderComprehensive(merged, {
      listing: { clean, ...present('reason', reason), startedAt },
      ...present('sync', sync),
      options: { syncLocalState, includeNovitaOnly },
      duration: Math.max(0, this.clock.now() - begunAt),
      timestamp: this.clock.timestamp(),
      novitaInstances: instances.size,
      render: (stored) => renderStored(stored, this.rules, showsSecrets(request)),
    });
    return new Answer(answer, { asOf: startedAt });
  }

  /** @throws StoreUnavailableError, FleetNotLoadedError, Problem `fleet-too-large` */
  private async allRecords(): Promise<readonly StoredInstance[]> {
    const all: StoredInstance[] = [];
    let cursor: string | null = null;
    do {
      const page = await this.fleet.list({
        limit: LONGEST_PAGE,
        sort: '-createdAt',
        ...(cursor !== null && { cursor }),
      });
      if (page.total > MAX_INSTANCES) throw fleetTooLarge(page.total);
      all.push(...page.instances);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return all;
  }

  /** @throws Problem `forbidden` and those of `ManualSync.run` */
  private async syncFirst(request: FastifyRequest, client: AbortSignal): Promise<ComprehensiveSyncView> {
    const { caller } = request;
    if (caller === null || !mayUse(caller.role, 'operator')) {
      throw new Problem(PLATFORM_PROBLEMS.forbidden, {
        detail: 'syncLocalState=true changes records and needs at least the role operator.',
      });
    }
    const options = { forceSync: false, handleObsoleteInstances: true, dryRun: false, resources: SYNC_KINDS };
    return toSyncView(await this.syncs.run(options, { wait: true, caller: callerOf(request), client }));
  }
}

function toSyncView(answer: SyncAnswer): ComprehensiveSyncView {
  if (answer.kind === 'running') return { runId: answer.runId, status: 'running' };
  const { runId, outcome, error } = answer.report;
  return { runId, status: outcome, ...present('error', error === null ? null : oneLine(error, MAX_ERROR_LENGTH)) };
}
