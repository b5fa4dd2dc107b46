import { PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { type DeliveryId, isDeliveryId, WebhookDeliveries, WebhookTest, webhookProblems } from '@app/webhooks';
import { Body, Controller, Get, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { showsSecrets } from '../core/auth/access.js';
import { Answer, ClientSignal } from '../core/http/answer.js';
import { apiPath } from '../core/http/paths.js';
import { Validated } from '../core/http/validation.js';
import { Operation } from '../core/openapi/operation.decorator.js';
import { WebhookUrls } from '../instances/webhook-urls.js';
import {
  AttemptView,
  DeliveryPageView,
  DeliveryView,
  ListDeliveriesQuery,
  TestWebhookInput,
  toDeliveryQuery,
} from './deliveries.dto.js';
import { parseEndpointId } from './endpoints.controller.js';
import { renderAttempt, renderDelivery } from './render-webhooks.js';
import { ATTEMPT_EXAMPLE, DELIVERIES_EXAMPLE, DELIVERY_EXAMPLE, REPLAYED_EXAMPLE } from './webhooks.examples.js';

const NOT_FOUND = webhookProblems['webhook-delivery-not-found'];

/** The deliveries of the last seven days, and tests of an endpoint. */
@ApiTags('webhooks')
@Controller(apiPath('webhooks'))
export class WebhookDeliveriesController {
  constructor(
    private readonly deliveries: WebhookDeliveries,
    private readonly test: WebhookTest,
    private readonly urls: WebhookUrls,
  ) {}

  @Get('deliveries')
  @Operation({
    id: 'listWebhookDeliveries',
    summary: 'List what was sent to webhooks',
    description: 'Of the last seven days, with every attempt: its time, its duration and what came of it.',
    access: 'viewer',
    answers: {
      200: {
        description: 'A page of them.',
        type: DeliveryPageView,
        example: DELIVERIES_EXAMPLE,
        headers: { Link: 'The next page, `rel="next"`; absent on the last.' },
      },
    },
    problems: [PLATFORM_PROBLEMS['validation-failed']],
  })
  async list(
    @Query(new Validated(ListDeliveriesQuery, 'query')) query: ListDeliveriesQuery,
    @Req() request: FastifyRequest,
  ): Promise<Answer<DeliveryPageView>> {
    const { deliveries, nextCursor } = await this.deliveries.list(toDeliveryQuery(query));
    const secrets = showsSecrets(request);
    const page = { deliveries: deliveries.map((delivery) => renderDelivery(delivery, secrets)), nextCursor };
    return new Answer(page, { nextCursor });
  }

  @Get('deliveries/:id')
  @DeliveryIdParam()
  @Operation({
    id: 'getWebhookDelivery',
    summary: 'Read what became of one message',
    access: 'viewer',
    answers: { 200: { description: 'The delivery.', type: DeliveryView, example: DELIVERY_EXAMPLE } },
    problems: [NOT_FOUND],
  })
  async get(@Param('id') id: string, @Req() request: FastifyRequest): Promise<DeliveryView> {
    return renderDelivery(await this.deliveries.get(parseDeliveryId(id)), showsSecrets(request));
  }

  @Post('deliveries/:id/replay')
  @DeliveryIdParam()
  @Operation({
    id: 'replayWebhookDelivery',
    summary: 'Send a message again',
    description: 'With the same `webhook-id`, by which a receiver knows a repeat, and a new signature.',
    access: 'admin',
    answers: {
      202: {
        description: 'The delivery that sends it again.',
        type: DeliveryView,
        example: REPLAYED_EXAMPLE,
        headers: { Location: 'The address of that delivery.' },
      },
    },
    problems: [
      NOT_FOUND,
      webhookProblems['webhook-endpoint-not-found'],
      webhookProblems['webhook-endpoint-disabled'],
      webhookProblems['webhook-event-not-kept'],
    ],
  })
  async replay(@Param('id') id: string): Promise<Answer<DeliveryView>> {
    const replayed = await this.deliveries.replay(parseDeliveryId(id));
    return new Answer(renderDelivery(replayed, true), { location: `/api/v1/webhooks/deliveries/${replayed.id}` });
  }

  @Post('test')
  @ApiBody({
    type: TestWebhookInput,
    examples: {
      endpoint: { summary: 'An endpoint', value: { endpointId: 'whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' } },
      address: { summary: 'An address', value: { url: 'https://hooks.example.com/fleet' } },
    },
  })
  @Operation({
    id: 'testWebhook',
    summary: 'Send a test message',
    description:
      'One attempt, now: an event of the type `webhook.test`. Answers 200 with what came of it, whatever the receiver said; nothing is kept of it.',
    access: 'operator',
    takesBody: true,
    answers: { 200: { description: 'What came of it.', type: AttemptView, example: ATTEMPT_EXAMPLE } },
    problems: [webhookProblems['webhook-endpoint-not-found']],
  })
  async try(
    @Body(new Validated(TestWebhookInput)) { endpointId, url }: TestWebhookInput,
    @ClientSignal() client: AbortSignal,
  ): Promise<AttemptView> {
    this.urls.check(url, '/url');
    const target = url === undefined ? parseEndpointId(endpointId ?? '') : new URL(url);
    return renderAttempt(await this.test.send(target, client), true);
  }
}

function DeliveryIdParam(): MethodDecorator {
  return ApiParam({
    name: 'id',
    description: 'The id of the delivery.',
    schema: { type: 'string', example: DELIVERY_EXAMPLE.id },
  });
}

/** @throws Problem `webhook-delivery-not-found` for what cannot be an id at all */
function parseDeliveryId(text: string): DeliveryId {
  if (isDeliveryId(text)) return text;
  throw new Problem(NOT_FOUND, { detail: 'There is no webhook delivery with this id.' });
}
