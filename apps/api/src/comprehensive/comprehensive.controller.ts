import { FleetView, type StoredInstance } from '@app/instance-store';
import { Clock, oneLine, PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { SYNC_KINDS, type SyncAnswer, syncProblems } from '@app/sync';
import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { apiPath } from '../http/api-path.js';
import { JSON_TYPE } from '../http/content-types.js';
import { present } from '../http/present.js';
import { Validated } from '../http/validated.pipe.js';
import { InstanceJson } from '../instances/instance-json.js';
import { COMPREHENSIVE_EXAMPLE } from '../openapi/comprehensive-example.js';
import { Operation } from '../openapi/operation.decorator.js';
import { API_PROBLEMS } from '../problems/api.problems.js';
import { PROVIDER_PROBLEMS } from '../problems/provider.problems.js';
import { mayUse, showsSecrets } from '../security/access.js';
import { ManualSync } from '../sync/manual-sync.js';
import { ComprehensiveAnswer, ComprehensiveQuery, type ComprehensiveSyncView } from './comprehensive.dto.js';
import { fleetTooLarge, LiveFleet, MAX_INSTANCES } from './live-fleet.js';
import { mergeFleet } from './merge-fleet.js';
import { comprehensiveJson } from './render-comprehensive.js';

const MAX_ERROR_LENGTH = 500;
const PAGE_SIZE = 200;

@ApiTags('instances')
@Controller(apiPath('instances'))
export class ComprehensiveController {
  constructor(
    private readonly live: LiveFleet,
    private readonly fleet: FleetView,
    private readonly syncs: ManualSync,
    private readonly clock: Clock,
    private readonly texts: InstanceJson,
  ) {}

  @Get('comprehensive')
  @Operation({
    id: 'listInstancesComprehensively',
    summary: 'All instances, ours merged with what Novita lists now',
    description:
      'Asks Novita on every call; callers at the same time share one listing. For fleets of at most 10,000. With `syncLocalState=true` the records are brought in line first, which may take up to 60 s and needs the role operator; should that fail, `sync` says so beside what there is. Terminated ones are left out unless Novita lists them.',
    access: 'viewer',
    datesItself: true,
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
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { syncLocalState = false, includeNovitaOnly = true } = query;
    const begunAt = this.clock.now();
    const sync = syncLocalState ? await this.syncFirst(request, reply) : null;
    // First what Novita lists: a create that is written meanwhile then finds its record.
    const { instances, verdict } = await this.live.list(sync === null ? undefined : this.clock.now());
    const merged = mergeFleet(await this.allRecords(), instances);
    const { clean, reason, startedAt } = verdict;
    reply.header('content-type', JSON_TYPE);
    reply.header('x-data-as-of', startedAt);
    void reply.send(
      comprehensiveJson(merged, {
        listing: { clean, ...present('reason', reason), startedAt },
        ...present('sync', sync),
        options: { syncLocalState, includeNovitaOnly },
        duration: Math.max(0, this.clock.now() - begunAt),
        timestamp: this.clock.timestamp(),
        novitaInstances: instances.size,
        secrets: showsSecrets(request),
        texts: this.texts,
      }),
    );
  }

  /** @throws StoreUnavailableError, FleetNotLoadedError, Problem `fleet-too-large` */
  private async allRecords(): Promise<readonly StoredInstance[]> {
    const all: StoredInstance[] = [];
    let cursor: string | null = null;
    do {
      const page = await this.fleet.list({ limit: PAGE_SIZE, sort: '-createdAt', ...(cursor !== null && { cursor }) });
      if (page.total > MAX_INSTANCES) throw fleetTooLarge(page.total);
      all.push(...page.instances);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return all;
  }

  /** @throws Problem `forbidden` and those of `ManualSync.run` */
  private async syncFirst(request: FastifyRequest, reply: FastifyReply): Promise<ComprehensiveSyncView> {
    const { caller } = request;
    if (caller === null || !mayUse(caller.role, 'operator')) {
      throw new Problem(PLATFORM_PROBLEMS.forbidden, {
        detail: 'syncLocalState=true changes records and needs at least the role operator.',
      });
    }
    const options = { forceSync: false, handleObsoleteInstances: true, dryRun: false, resources: SYNC_KINDS };
    return toSyncView(await this.syncs.run(options, true, request, reply));
  }
}

function toSyncView(answer: SyncAnswer): ComprehensiveSyncView {
  if (answer.kind === 'running') return { runId: answer.runId, status: 'running' };
  const { runId, outcome, error } = answer.report;
  return { runId, status: outcome, ...present('error', error === null ? null : oneLine(error, MAX_ERROR_LENGTH)) };
}
