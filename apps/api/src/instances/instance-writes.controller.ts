import type { StoredInstance } from '@app/instance-store';
import { InstanceCommands, LifecycleSettings, lifecycleProblems } from '@app/lifecycle';
import { HttpSettings, PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { spendProblems } from '@app/spend';
import { Body, Controller, Delete, Headers, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../core/auth/access.js';
import { PROVIDER_PROBLEMS } from '../core/errors/api.problems.js';
import type { Answer } from '../core/http/answer.js';
import { IfMatchHeader, matchedRevision, requiredRevision } from '../core/http/entity-tags.js';
import { repeatKeyOf } from '../core/http/idempotency.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { CreateInstanceInput, toCreateRequest } from './create-instance.dto.js';
import { describeOffer } from './describe-offer.js';
import { InstanceAnswers } from './instance-answers.js';
import { InstanceSettingsInput, toInstanceSettings } from './instance-settings.dto.js';
import { CommandAnswer, CreateAnswer, InstanceView } from './instance-view.dto.js';
import { COMMAND_EXAMPLE, CREATE_ANSWER_EXAMPLE, CREATE_EXAMPLES, INSTANCE_EXAMPLE } from './instances.examples.js';
import { InstanceIdParam, parseInstanceRef } from './read-instance.js';
import { OverSpendLimitQuery, type PassedGate, SpendGate } from './spend-gate.js';
import { WebhookUrls } from './webhook-urls.js';

@ApiTags('instances')
@Controller(apiPath('instances'))
export class InstanceWritesController {
  constructor(
    private readonly commands: InstanceCommands,
    private readonly answers: InstanceAnswers,
    private readonly gate: SpendGate,
    private readonly webhookUrls: WebhookUrls,
    private readonly settings: LifecycleSettings,
    private readonly http: HttpSettings,
  ) {}

  @Post()
  @ApiBody({ type: CreateInstanceInput, examples: CREATE_EXAMPLES })
  @Operation({
    id: 'createInstance',
    summary: 'Create an instance',
    description:
      'Answers as soon as the desired state is stored; a worker carries it out. Read the instance until `status` is `ready` or `failed`.',
    access: 'operator',
    limitedKeys: true,
    idempotent: true,
    repeatable: 'with-key',
    takesBody: true,
    takesQuery: true,
    answers: {
      201: {
        description: 'The desired state is stored.',
        type: CreateAnswer,
        example: CREATE_ANSWER_EXAMPLE,
        headers: { Location: 'The address of the instance.', ETag: 'Its revision.' },
      },
    },
    problems: [
      lifecycleProblems['invalid-spec'],
      lifecycleProblems['unknown-product'],
      lifecycleProblems['unknown-region'],
      lifecycleProblems['unknown-template'],
      lifecycleProblems['unknown-registry-auth'],
      lifecycleProblems['unknown-network-storage'],
      lifecycleProblems['out-of-stock'],
      lifecycleProblems['price-above-limit'],
      lifecycleProblems['insufficient-balance'],
      spendProblems['spend-limit-reached'],
      ...PROVIDER_PROBLEMS,
    ],
  })
  async create(
    @Body(new Validated(CreateInstanceInput)) input: CreateInstanceInput,
    @Query(new Validated(OverSpendLimitQuery, 'query')) query: OverSpendLimitQuery,
    @Req() request: FastifyRequest,
  ): Promise<Answer<CreateAnswer>> {
    this.webhookUrls.check(input.webhookUrl, '/webhookUrl');
    const wanted = toCreateRequest(input, this.http.PUBLIC_URL);
    const passed = await this.passGate(query, request);
    const stored =
      'record' in passed
        ? passed
        : await this.commands.create({ ...wanted, ...passed }, callerOf(request), repeatKeyOf(request));
    const offer = describeOffer(stored.record, input, this.settings.DEFAULT_REGION);
    return this.answers.of(request, stored, offer, { location: `/api/v1/instances/${stored.record.id}` });
  }

  @Patch(':id')
  @InstanceIdParam()
  @ApiBody({
    type: InstanceSettingsInput,
    examples: {
      autoStop: { summary: 'A time of its own', value: { autoStop: { enabled: true, thresholdMinutes: 45 } } },
      off: { summary: 'Never stopped as idle', value: { autoStop: { enabled: false } } },
      asFleet: {
        summary: "Back to the fleet's default",
        value: { autoStop: { enabled: null, thresholdMinutes: null } },
      },
      lifetime: { summary: 'Ended eight hours after its creation', value: { maxLifetimeMinutes: 480 } },
    },
  })
  @IfMatchHeader(true, '"7"', 'The ETag that the change is based on, or `*`.')
  @Operation({
    id: 'changeInstanceSettings',
    summary: 'Change the settings of an instance',
    access: 'operator',
    limitedKeys: true,
    takesBody: true,
    answers: {
      200: {
        description: 'The instance with its new settings.',
        type: InstanceView,
        example: INSTANCE_EXAMPLE,
        headers: { ETag: 'The new revision.' },
      },
    },
    problems: [
      PLATFORM_PROBLEMS['precondition-required'],
      lifecycleProblems['revision-mismatch'],
      lifecycleProblems['instance-not-found'],
    ],
  })
  async changeSettings(
    @Param('id') id: string,
    @Body(new Validated(InstanceSettingsInput)) input: InstanceSettingsInput,
    @Headers('if-match') ifMatch: string | undefined,
    @Req() request: FastifyRequest,
  ): Promise<Answer<InstanceView>> {
    const revision = requiredRevision(ifMatch, 'an instance');
    this.webhookUrls.check(input.webhookUrl, '/webhookUrl');
    const ref = parseInstanceRef(id);
    const settings = toInstanceSettings(input);
    const gate = settings.maxLifetimeMinutes === undefined ? {} : await this.gate.capOfLifetime(request);
    const stored = await this.commands.changeSettings(ref, { ...settings, ...gate }, revision, callerOf(request));
    return this.answers.of(request, stored, {});
  }

  @Delete(':id')
  @InstanceIdParam()
  @IfMatchHeader(false, '"7"', 'Delete only while the instance has this ETag.')
  @Operation({
    id: 'deleteInstance',
    summary: 'Delete an instance',
    description: 'Answers at once; `status` says `terminated` only after Novita says that it is gone.',
    access: 'operator',
    limitedKeys: true,
    acceptedWhileAway: true,
    idempotent: true,
    answers: {
      200: { description: 'It is deleted, or being deleted, already.', type: CommandAnswer, example: COMMAND_EXAMPLE },
      202: { description: 'Accepted.', type: CommandAnswer, example: COMMAND_EXAMPLE },
    },
    problems: [
      lifecycleProblems['instance-not-found'],
      lifecycleProblems['instance-busy'],
      lifecycleProblems['not-adopted'],
      lifecycleProblems['revision-mismatch'],
    ],
  })
  async delete(
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Req() request: FastifyRequest,
  ): Promise<Answer<CommandAnswer>> {
    const revision = matchedRevision(ifMatch, 'an instance');
    const outcome = await this.commands.run('delete', parseInstanceRef(id), callerOf(request), {
      ...(revision !== null && { ifRevision: revision }),
    });
    return this.answers.outcome(request, 'delete', outcome);
  }

  /**
   * Asks whether anything new may be bought. A repeat whose first answer got lost is no new one: it is answered with
   * what the first try made.
   *
   * @throws Problem `spend-limit-reached`, `forbidden`
   */
  private async passGate(query: OverSpendLimitQuery, request: FastifyRequest): Promise<PassedGate | StoredInstance> {
    try {
      return await this.gate.passCreate(query, request);
    } catch (error) {
      const repeatKey = repeatKeyOf(request);
      const isRejection = error instanceof Problem && error.type === spendProblems['spend-limit-reached'];
      const created = isRejection && repeatKey !== undefined ? await this.commands.findCreated(repeatKey) : null;
      if (created === null) throw error;
      return created;
    }
  }
}
