import { PLATFORM_PROBLEMS, Problem, parseTimestamp, validationFailed } from '@app/platform';
import {
  type EndpointId,
  isEndpointId,
  WebhookDeliveries,
  type WebhookEndpoint,
  WebhookEndpoints,
  webhookProblems,
} from '@app/webhooks';
import { Body, Controller, Delete, Get, Headers, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { callerOf, showsSecrets } from '../core/auth/access.js';
import { Answer } from '../core/http/answer.js';
import {
  IfMatchHeader,
  IfNoneMatchHeader,
  matchedRevision,
  requiredRevision,
  revisionTag,
} from '../core/http/entity-tags.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { WebhookUrls } from '../instances/webhook-urls.js';
import { ReplayReportView, ReplaySinceQuery } from './deliveries.dto.js';
import {
  ChangeEndpointInput,
  CreateEndpointInput,
  DEFAULT_KEEP_OLD_SECONDS,
  EndpointListView,
  EndpointView,
  EndpointWithSecretView,
  RotateSecretInput,
  toEndpointChange,
  toNewEndpoint,
} from './endpoints.dto.js';
import { renderEndpoint, renderReplay, renderWithSecret } from './render-webhooks.js';
import {
  CREATE_ENDPOINT_EXAMPLES,
  ENDPOINT_EXAMPLE,
  ENDPOINTS_EXAMPLE,
  NEW_ENDPOINT_EXAMPLE,
  PAUSED_EXAMPLE,
  REPLAY_REPORT_EXAMPLE,
  ROTATED_EXAMPLE,
} from './webhooks.examples.js';

const NOT_FOUND = webhookProblems['webhook-endpoint-not-found'];
const CHANGE_PROBLEMS = [
  NOT_FOUND,
  webhookProblems['webhook-endpoint-fixed'],
  webhookProblems['webhook-endpoint-changed'],
  PLATFORM_PROBLEMS['precondition-failed'],
];
/** What `If-Match` names. */
const OF = 'a webhook endpoint';
const ETAG = { ETag: 'The revision of the endpoint.' };

/** Where webhooks are sent. Admins manage endpoints; everybody with a key sees them. */
@ApiTags('webhooks')
@Controller(apiPath('webhooks/endpoints'))
export class WebhookEndpointsController {
  constructor(
    private readonly endpoints: WebhookEndpoints,
    private readonly deliveries: WebhookDeliveries,
    private readonly urls: WebhookUrls,
  ) {}

  @Post()
  @ApiBody({ type: CreateEndpointInput, examples: CREATE_ENDPOINT_EXAMPLES })
  @Operation({
    id: 'createWebhookEndpoint',
    summary: 'Create a webhook endpoint',
    description:
      'Events from now on are sent to it, signed as Standard Webhooks wants it. The secret is shown in this answer only.',
    access: 'admin',
    idempotent: true,
    repeatable: 'with-key',
    takesBody: true,
    answers: {
      201: {
        description: 'The endpoint with its secret.',
        type: EndpointWithSecretView,
        example: NEW_ENDPOINT_EXAMPLE,
        headers: { Location: 'The address of the endpoint.', ...ETAG },
      },
    },
    problems: [webhookProblems['webhook-endpoints-full']],
  })
  async create(
    @Body(new Validated(CreateEndpointInput)) input: CreateEndpointInput,
    @Req() request: FastifyRequest,
  ): Promise<Answer<EndpointWithSecretView>> {
    this.urls.check(input.url, '/url');
    const endpoint = await this.endpoints.create(toNewEndpoint(input), byOf(request));
    const location = `/api/v1/webhooks/endpoints/${endpoint.id}`;
    return new Answer(renderWithSecret(endpoint), { location, etag: etagOf(endpoint) });
  }

  @Get()
  @Operation({
    id: 'listWebhookEndpoints',
    summary: 'List webhook endpoints',
    access: 'viewer',
    tagged: true,
    answers: { 200: { description: 'The endpoints.', type: EndpointListView, example: ENDPOINTS_EXAMPLE } },
  })
  async list(@Req() request: FastifyRequest): Promise<EndpointListView> {
    const secrets = showsSecrets(request);
    return { endpoints: (await this.endpoints.list()).map((endpoint) => renderEndpoint(endpoint, secrets)) };
  }

  @Get(':id')
  @EndpointIdParam()
  @IfNoneMatchHeader('it', '"1"')
  @Operation({
    id: 'getWebhookEndpoint',
    summary: 'Read a webhook endpoint',
    access: 'viewer',
    answers: {
      200: {
        description: 'The endpoint.',
        type: EndpointView,
        example: ENDPOINT_EXAMPLE,
        headers: { ETag: 'Its revision and how it answers; for `If-Match` and `If-None-Match`.' },
      },
      304: { description: 'Not changed.' },
    },
    problems: [NOT_FOUND],
  })
  async get(@Param('id') id: string, @Req() request: FastifyRequest): Promise<Answer<EndpointView>> {
    return answerOf(await this.endpoints.get(parseEndpointId(id)), request);
  }

  @Patch(':id')
  @EndpointIdParam()
  @IfMatchHeader(true, '"1"', 'The ETag that the change is based on, or `*`.')
  @ApiBody({
    type: ChangeEndpointInput,
    examples: {
      types: { summary: 'Other events', value: { types: ['instance.*'] } },
      filter: { summary: 'No filter any more', value: { filter: {} } },
    },
  })
  @Operation({
    id: 'changeWebhookEndpoint',
    summary: 'Change a webhook endpoint',
    description: 'What waits to be sent goes to the new address.',
    access: 'admin',
    takesBody: true,
    answers: {
      200: { description: 'The endpoint as it is now.', type: EndpointView, example: ENDPOINT_EXAMPLE, headers: ETAG },
    },
    problems: [...CHANGE_PROBLEMS, PLATFORM_PROBLEMS['precondition-required']],
  })
  async change(
    @Param('id') id: string,
    @Body(new Validated(ChangeEndpointInput)) input: ChangeEndpointInput,
    @Headers('if-match') ifMatch: string | undefined,
    @Req() request: FastifyRequest,
  ): Promise<Answer<EndpointView>> {
    const revision = requiredRevision(ifMatch, OF);
    this.urls.check(input.url, '/url');
    return answerOf(await this.endpoints.change(parseEndpointId(id), toEndpointChange(input), revision), request);
  }

  @Delete(':id')
  @EndpointIdParam()
  @IfMatchHeader(false, '"1"', 'Delete only while the endpoint has this ETag.')
  @Operation({
    id: 'deleteWebhookEndpoint',
    summary: 'Delete a webhook endpoint',
    description: 'What waits to be sent to it is cancelled.',
    access: 'admin',
    answers: { 204: { description: 'It is gone.' } },
    problems: CHANGE_PROBLEMS,
  })
  async delete(@Param('id') id: string, @Headers('if-match') ifMatch: string | undefined): Promise<void> {
    await this.endpoints.remove(parseEndpointId(id), matchedRevision(ifMatch, OF));
  }

  @Post(':id/rotate-secret')
  @EndpointIdParam()
  @IfMatchHeader(false, '"1"', 'Rotate only while the endpoint has this ETag.')
  @ApiBody({
    type: RotateSecretInput,
    required: false,
    examples: {
      hour: { summary: 'The old one for another hour', value: { keepOldForSeconds: 3_600 } },
      atOnce: { summary: 'The old one is known to somebody', value: { keepOldForSeconds: 0 } },
    },
  })
  @Operation({
    id: 'rotateWebhookSecret',
    summary: 'Replace the secret of a webhook endpoint',
    description:
      'Until the present secret ends, every message carries a signature of both, so that a receiver can change over at any time in between. The new secret is shown in this answer only.',
    access: 'admin',
    takesBody: true,
    answers: {
      200: {
        description: 'The endpoint with its new secret.',
        type: EndpointWithSecretView,
        example: ROTATED_EXAMPLE,
        headers: ETAG,
      },
    },
    problems: CHANGE_PROBLEMS,
  })
  async rotateSecret(
    @Param('id') id: string,
    @Body(new Validated(RotateSecretInput, 'body', 'empty')) input: RotateSecretInput,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<Answer<EndpointWithSecretView>> {
    const ref = parseEndpointId(id);
    const algorithm = input.signature ?? (await this.endpoints.get(ref)).secrets[0]?.algorithm ?? 'v1';
    const keepOldForMs = (input.keepOldForSeconds ?? DEFAULT_KEEP_OLD_SECONDS) * 1_000;
    const rotated = await this.endpoints.rotateSecret(ref, { algorithm, keepOldForMs }, matchedRevision(ifMatch, OF));
    return new Answer(renderWithSecret(rotated), { etag: etagOf(rotated) });
  }

  @Post(':id/pause')
  @EndpointIdParam()
  @Operation({
    id: 'pauseWebhookEndpoint',
    summary: 'Pause a webhook endpoint',
    description: 'Messages are kept and wait until it is resumed. One that is paused or disabled stays as it is.',
    access: 'admin',
    repeatable: 'always',
    answers: { 200: { description: 'The endpoint.', type: EndpointView, example: PAUSED_EXAMPLE, headers: ETAG } },
    problems: [NOT_FOUND],
  })
  async pause(@Param('id') id: string, @Req() request: FastifyRequest): Promise<Answer<EndpointView>> {
    return answerOf(await this.endpoints.pause(parseEndpointId(id), byOf(request), null), request);
  }

  @Post(':id/resume')
  @EndpointIdParam()
  @Operation({
    id: 'resumeWebhookEndpoint',
    summary: 'Resume a webhook endpoint',
    description:
      'What waited is sent. A disabled one becomes active again and gets what happens from now on; `POST …/replay` sends what it missed.',
    access: 'admin',
    repeatable: 'always',
    answers: { 200: { description: 'The endpoint.', type: EndpointView, example: ENDPOINT_EXAMPLE, headers: ETAG } },
    problems: [NOT_FOUND, webhookProblems['webhook-endpoint-fixed']],
  })
  async resume(@Param('id') id: string, @Req() request: FastifyRequest): Promise<Answer<EndpointView>> {
    return answerOf(await this.endpoints.resume(parseEndpointId(id), null), request);
  }

  @Post(':id/replay')
  @EndpointIdParam()
  @Operation({
    id: 'replayWebhookEndpoint',
    summary: 'Send again what an endpoint has missed',
    description:
      'What was given up or cancelled since a time, of the last seven days, oldest first; with the same `webhook-id`. The same request again sends only what failed again.',
    access: 'admin',
    takesQuery: true,
    answers: {
      202: { description: 'What is sent again.', type: ReplayReportView, example: REPLAY_REPORT_EXAMPLE },
    },
    problems: [NOT_FOUND, webhookProblems['webhook-endpoint-disabled'], PLATFORM_PROBLEMS['validation-failed']],
  })
  async replay(
    @Param('id') id: string,
    @Query(new Validated(ReplaySinceQuery, 'query')) { since, all = false }: ReplaySinceQuery,
  ): Promise<ReplayReportView> {
    const { id: endpointId } = await this.endpoints.get(parseEndpointId(id));
    const from = parseTimestamp(since);
    if (from === null) throw validationFailed([{ pointer: '?since', detail: 'must be a time since 1970' }]);
    return renderReplay(await this.deliveries.replaySince(endpointId, from, all ? 'all' : 'undelivered'));
  }
}

function EndpointIdParam(): MethodDecorator {
  return ApiParam({
    name: 'id',
    description: 'The id of the endpoint.',
    schema: { type: 'string', example: ENDPOINT_EXAMPLE.id },
  });
}

function answerOf(endpoint: WebhookEndpoint, request: FastifyRequest): Answer<EndpointView> {
  return new Answer(renderEndpoint(endpoint, showsSecrets(request)), { etag: etagOf(endpoint) });
}

/** What attempts find out makes no new revision, and is part of the answer. */
function etagOf({ revision, failingSince, deferredUntil }: WebhookEndpoint): string {
  return revisionTag(revision, failingSince, deferredUntil);
}

/** Who commands, as endpoints keep it. */
function byOf(request: FastifyRequest): string {
  return `user:${callerOf(request).keyName}`;
}

/** @throws Problem `webhook-endpoint-not-found` for what cannot be an id at all */
export function parseEndpointId(text: string): EndpointId {
  if (isEndpointId(text)) return text;
  throw new Problem(NOT_FOUND, { detail: 'There is no webhook endpoint with this id.' });
}
