import { IdleExplanations } from '@app/auto-stop';
import {
  AUDIT_LOG_LENGTH,
  type AuditEntry,
  AuditLog,
  type IdleRules,
  IdleSettings,
  InstanceRecords,
  idleRulesOf,
} from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { PLATFORM_PROBLEMS } from '@app/platform';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answer, present } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { DataAge, InstanceIdParam, instanceNotFound, parseInstanceRef } from '../instances/read-instance.js';
import { AUDIT_LOG_EXAMPLE, IDLE_EXAMPLE } from './auto-stop.examples.js';
import { type AuditEntryView, AuditLogQuery, AuditLogView, IdleView } from './explain.dto.js';
import { autoStopInForce, renderIdle } from './render-auto-stop.js';

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
    settings: IdleSettings,
  ) {
    this.rules = idleRulesOf(settings);
  }

  @Get(':id/idle')
  @InstanceIdParam()
  @Operation({
    id: 'explainIdle',
    summary: 'Why an instance is kept, or will be stopped as idle',
    description:
      'Evaluated anew for each request from present knowledge; asks Novita nothing and is no use of the instance. The next check decides by the same rules.',
    access: 'viewer',
    answers: { 200: { description: 'The evaluation in full.', type: IdleView, example: IDLE_EXAMPLE } },
    problems: [lifecycleProblems['instance-not-found']],
  })
  async idle(@Param('id') id: string): Promise<Answer<IdleView>> {
    const { stored, evaluation } = await this.explanations.explain(parseInstanceRef(id));
    const { record } = stored;
    const view = renderIdle(record, evaluation, autoStopInForce(record, this.rules));
    return new Answer(view, { asOf: this.age.asOf(record) });
  }

  @Get(':id/events')
  @InstanceIdParam()
  @Operation({
    id: 'listInstanceEvents',
    summary: 'What happened to an instance, by whom and why',
    description:
      'Its audit log: changes of status, desired states, settings, leases, warnings, decisions of auto-stop, repairs.',
    access: 'viewer',
    answers: { 200: { description: 'The latest first.', type: AuditLogView, example: AUDIT_LOG_EXAMPLE } },
    problems: [PLATFORM_PROBLEMS['validation-failed'], lifecycleProblems['instance-not-found']],
  })
  async events(
    @Param('id') id: string,
    @Query(new Validated(AuditLogQuery, 'query')) { limit = AUDIT_LOG_LENGTH }: AuditLogQuery,
  ): Promise<AuditLogView> {
    const stored = await this.records.get(parseInstanceRef(id));
    if (stored === null) throw instanceNotFound();
    const instanceId = stored.record.id;
    const entries = await this.audit.entries(instanceId, limit);
    return { instanceId, entries: entries.map(renderEntry) };
  }
}

function renderEntry({ at, kind, by, from, to, reason }: AuditEntry): AuditEntryView {
  return { at, kind, by, ...present('from', from), ...present('to', to), reason };
}
