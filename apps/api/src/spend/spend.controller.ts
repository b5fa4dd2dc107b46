import { PLATFORM_PROBLEMS } from '@app/platform';
import { SpendReports } from '@app/spend';
import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { UnknownFleet } from '../dashboard/unknown-fleet.js';
import { apiPath } from '../http/api-path.js';
import { Validated } from '../http/validated.pipe.js';
import { SPEND_EXAMPLE } from '../openapi/auto-stop-examples.js';
import { Operation } from '../openapi/operation.decorator.js';
import { renderSpend } from './render-spend.js';
import { DEFAULT_SPENDERS, SpendQuery, SpendView } from './spend.dto.js';

@ApiTags('spend')
@Controller(apiPath('spend'))
export class SpendController {
  constructor(
    private readonly reports: SpendReports,
    private readonly unknown: UnknownFleet,
  ) {}

  @Get()
  @Operation({
    id: 'getSpend',
    summary: 'What the fleet costs, and what auto-stop saves',
    description:
      "From the records' own running periods and prices, not from Novita's bill. While no listing of Novita has completed, `unknown` says why, and `now`, `today` and `month` are null. Costs the same at every fleet size.",
    access: 'viewer',
    answers: { 200: { description: 'Now, today and this month.', type: SpendView, example: SPEND_EXAMPLE } },
    problems: [PLATFORM_PROBLEMS['validation-failed']],
  })
  async spend(
    @Query(new Validated(SpendQuery, 'query')) { limit = DEFAULT_SPENDERS }: SpendQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const report = await this.reports.report(limit);
    const unknown = this.unknown.reason();
    if (unknown === null) reply.header('x-data-as-of', report.asOf);
    void reply.send(renderSpend(report, unknown));
  }
}
