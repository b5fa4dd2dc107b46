import { type FleetFilter, FleetView } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { Clock, PLATFORM_PROBLEMS } from '@app/platform';
import { Controller, Get, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { KnownRegions } from '../catalogue/known-regions.js';
import { Answer, present } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { QueryReader } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { FLEET_SUMMARY_EXAMPLE, FleetSummaryView, renderFigures } from './fleet-summary.dto.js';
import { FleetFilterQuery, toFleetFilter } from './list-instances.dto.js';
import { UnknownFleet } from './unknown-fleet.js';

/** What the instances that match a filter add up to. */
@ApiTags('instances')
@Controller(apiPath('instances'))
export class FleetSummaryController {
  private readonly queries = new QueryReader<FleetFilterQuery, FleetFilter>(FleetFilterQuery, toFleetFilter);

  constructor(
    private readonly fleet: FleetView,
    private readonly regions: KnownRegions,
    private readonly unknown: UnknownFleet,
    private readonly clock: Clock,
  ) {}

  @Get('summary')
  @Operation({
    id: 'summarizeInstances',
    summary: 'Sum up the instances that match a filter',
    description:
      'How many match, what they cost per hour now, what of it idles or is billed though stopped, and how it divides; all of one moment. Takes the filters of `GET /instances`, whose rows add up to the same. While no listing of Novita has completed, `unknown` says why, and `figures` is null.',
    access: 'viewer',
    answers: { 200: { description: 'As of now.', type: FleetSummaryView, example: FLEET_SUMMARY_EXAMPLE } },
    problems: [PLATFORM_PROBLEMS['validation-failed'], lifecycleProblems['unknown-region']],
  })
  async summary(
    // Named for the documentation; `queries` reads it.
    @Query() _query: FleetFilterQuery,
    @Req() request: FastifyRequest,
  ): Promise<Answer<FleetSummaryView>> {
    const { regions, ...others } = await this.queries.read(request);
    const summary = await this.fleet.summarize({ ...others, ...(await this.regions.filterByAny(regions)) });
    const asOf = this.clock.timestamp();
    const unknown = this.unknown.reason();
    const figures = unknown === null ? renderFigures(summary, asOf) : null;
    return new Answer(
      { asOf, ...present('unknown', unknown), figures },
      { asOf: unknown === null ? (summary.behindSince ?? asOf) : null, fromMemory: summary.behindSince !== null },
    );
  }
}
