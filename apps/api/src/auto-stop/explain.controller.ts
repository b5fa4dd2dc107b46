import { IdleExplanations } from '@app/auto-stop';
import { AuditLog, type IdleRules, InstanceRecords, idleRulesOf, type LedgerEntry } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { PLATFORM_PROBLEMS, Settings } from '@app/platform';
import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { apiPath } from '../http/api-path.js';
import { present } from '../http/present.js';
import { Validated } from '../http/validated.pipe.js';
import { DataAge } from '../instances/data-age.js';
import { InstanceIdParam } from '../instances/instance-id-param.decorator.js';
import { instanceNotFound, parseInstanceRef } from '../instances/instance-ref.js';
import { IDLE_EXAMPLE, LEDGER_EXAMPLE } from '../openapi/auto-stop-examples.js';
import { Operation } from '../openapi/operation.decorator.js';
import { autoStopInForce } from './auto-stop-in-force.js';
import { IdleView } from './idle.dto.js';
import { KEPT_ENTRIES, type LedgerEntryView, LedgerQuery, LedgerView } from './ledger.dto.js';
import { renderIdle } from './render-idle.js';

/** Why an instance is kept or will be stopped, and what happened to it so far. */
@ApiTags('auto-stop')
@Controller(apiPath('instances'))
export class ExplainController {
  private readonly rules: IdleRules;

  constructor(
    private readonly explanations: IdleExplanations,
    private readonly records: InstanceRecords,
    private readonly audit: AuditLog,
    private readonly age: DataAge,
    settings: Settings,
  ) {
    this.rules = idleRulesOf(settings);
  }

  @Get(':id/idle')
  @InstanceIdParam()
  @Operation({
    id: 'explainIdle',
    summary: 'Why an instance is kept, or will be stopped as idle',
    description:
      'Evaluated anew for each request by what is known now; asks Novita nothing and counts as no use. The next check decides by the same rules.',
    access: 'viewer',
    answers: { 200: { description: 'The evaluation in full.', type: IdleView, example: IDLE_EXAMPLE } },
    problems: [lifecycleProblems['instance-not-found']],
  })
  async idle(@Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    const { stored, evaluation } = await this.explanations.explain(parseInstanceRef(id));
    const { record } = stored;
    reply.header('x-data-as-of', this.age.asOf(record));
    void reply.send(renderIdle(record, evaluation, autoStopInForce(record, this.rules)));
  }

  @Get(':id/events')
  @InstanceIdParam()
  @Operation({
    id: 'listInstanceEvents',
    summary: 'What happened to an instance, by whom and why',
    description: 'Its ledger: changes of status, wishes, settings, leases, warnings, decisions of auto-stop, repairs.',
    access: 'viewer',
    answers: { 200: { description: 'The latest first.', type: LedgerView, example: LEDGER_EXAMPLE } },
    problems: [PLATFORM_PROBLEMS['validation-failed'], lifecycleProblems['instance-not-found']],
  })
  async events(
    @Param('id') id: string,
    @Query(new Validated(LedgerQuery, 'query')) { limit = KEPT_ENTRIES }: LedgerQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const stored = await this.records.get(parseInstanceRef(id));
    if (stored === null) throw instanceNotFound();
    const instanceId = stored.record.id;
    const entries = await this.audit.entries(instanceId, limit);
    void reply.send({ instanceId, entries: entries.map(renderEntry) } satisfies LedgerView);
  }
}

function renderEntry({ at, kind, by, from, to, reason }: LedgerEntry): LedgerEntryView {
  return { at, kind, by, ...present('from', from), ...present('to', to), reason };
}
