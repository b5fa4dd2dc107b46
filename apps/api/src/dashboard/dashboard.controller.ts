import { PLATFORM_PROBLEMS } from '@app/platform';
import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { apiPath } from '../http/api-path.js';
import { Validated } from '../http/validated.pipe.js';
import { DASHBOARD_EXAMPLE } from '../openapi/dashboard-examples.js';
import { Operation } from '../openapi/operation.decorator.js';
import { DashboardQuery, DashboardView, DEFAULT_HOURS } from './dashboard.dto.js';
import { DashboardReads } from './dashboard-reads.js';
import { renderDashboard } from './render-dashboard.js';

@ApiTags('dashboard')
@Controller(apiPath('dashboard'))
export class DashboardController {
  constructor(private readonly reads: DashboardReads) {}

  @Get()
  @Operation({
    id: 'getDashboard',
    summary: 'The fleet at a glance',
    description:
      'Counts, money, what auto-stop does next, what needs attention, and how it was in the last hours. While no listing of Novita has completed, `unknown` says why, and what depends on a listing is null. While Redis does not answer, `storedAsOf` says of when the figures are that are not in memory. Costs the same at every fleet size, and is shared by all who ask within two seconds.',
    access: 'viewer',
    answers: { 200: { description: 'As of now.', type: DashboardView, example: DASHBOARD_EXAMPLE } },
    problems: [PLATFORM_PROBLEMS['validation-failed']],
  })
  async dashboard(
    @Query(new Validated(DashboardQuery, 'query')) { hours = DEFAULT_HOURS }: DashboardQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const dashboard = await this.reads.read(hours);
    const { behindSince } = dashboard.counts;
    if (behindSince !== null) reply.header('x-data-source', 'memory');
    if (dashboard.unknown === null) reply.header('x-data-as-of', behindSince ?? dashboard.asOf);
    void reply.send(renderDashboard(dashboard));
  }
}
