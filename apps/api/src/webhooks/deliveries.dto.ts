import { isInstanceId } from '@app/instance-store';
import { type FieldError, instantViolation, parseTimestamp } from '@app/platform';
import {
  ATTEMPT_RESULTS,
  type AttemptResult,
  DELIVERY_STATES,
  type DeliveryQuery,
  type DeliveryState,
  isEndpointId,
} from '@app/webhooks';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { present } from '../core/http/answer.js';
import { Optional, QueryFlag, QueryLimit } from '../core/http/input-members.js';
import { Follows, IsQueryChoice, IsQueryText, IsText } from '../core/http/input-rules.js';
import type { Checked } from '../core/http/validation.js';
import { EVENT_TYPES } from '../events/event-types.js';
import { IsWebhookUrl } from '../instances/instance-settings.dto.js';

const DEFAULT_LIMIT = 50;
const MOMENT = { format: 'date-time', example: '2026-03-01T10:00:00.000Z' } as const;

/** A moment in a query, with `Z` or an offset. */
function IsQueryInstant(): PropertyDecorator {
  return Follows((value) => {
    if (Array.isArray(value)) return 'must be given once';
    return typeof value === 'string' ? instantViolation(value) : 'must be a time';
  });
}

export class ListDeliveriesQuery implements Checked {
  @QueryLimit(200, DEFAULT_LIMIT, 'A page may hold fewer although more follow.')
  limit?: number;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before, with the same filters.' })
  @Optional()
  @IsQueryText({ min: 1, max: 1000 })
  cursor?: string;

  @ApiPropertyOptional({ example: 'whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  @Optional()
  @IsQueryText({ min: 1, max: 100 })
  endpoint?: string;

  @ApiPropertyOptional({ enum: DELIVERY_STATES, enumName: 'WebhookDeliveryState' })
  @Optional()
  @IsQueryChoice(DELIVERY_STATES)
  state?: DeliveryState;

  @ApiPropertyOptional({ description: 'A type of event.', example: 'instance.ready' })
  @Optional()
  @IsQueryChoice(EVENT_TYPES)
  type?: string;

  @ApiPropertyOptional({ description: 'Our id of an instance.', example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  @Optional()
  @IsQueryText({ min: 1, max: 100 })
  instance?: string;

  @ApiPropertyOptional({ ...MOMENT, description: 'Made at or after this time.' })
  @Optional()
  @IsQueryInstant()
  since?: string;

  violations(): readonly FieldError[] {
    const { endpoint, instance } = this;
    return [
      ...(endpoint !== undefined && !isEndpointId(endpoint)
        ? [{ pointer: '?endpoint', detail: 'must be the id of a webhook endpoint' }]
        : []),
      ...(instance !== undefined && !isInstanceId(instance)
        ? [{ pointer: '?instance', detail: 'must be our id of an instance: ins_ and 26 characters' }]
        : []),
    ];
  }
}

export function toDeliveryQuery({
  limit = DEFAULT_LIMIT,
  endpoint,
  instance,
  since,
  ...rest
}: ListDeliveriesQuery): DeliveryQuery {
  return {
    limit,
    ...present('cursor', rest.cursor),
    ...present('state', rest.state),
    ...present('type', rest.type),
    ...(endpoint !== undefined && isEndpointId(endpoint) && { endpointId: endpoint }),
    ...(instance !== undefined && isInstanceId(instance) && { instanceId: instance }),
    ...present('since', since === undefined ? null : parseTimestamp(since)),
  };
}

export class ReplaySinceQuery {
  @ApiProperty({ ...MOMENT, description: 'What was to be sent at or after this time.' })
  @IsQueryInstant()
  since!: string;

  @QueryFlag({
    description:
      'True: also what arrived. Otherwise only what was given up or cancelled is sent again, and of that nothing that a replay has delivered or is about to.',
    default: false,
  })
  all?: boolean;
}

/** One of both. */
export class TestWebhookInput implements Checked {
  @ApiPropertyOptional({ description: 'Signed with its secrets.', example: 'whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  @Optional()
  @IsText({ min: 1, max: 100 })
  endpointId?: string;

  @ApiPropertyOptional({
    description: 'An address that is no endpoint yet; signed with WEBHOOK_SECRET, if it is set.',
    example: 'https://hooks.example.com/fleet',
  })
  @Optional()
  @IsWebhookUrl()
  url?: string;

  violations(): readonly FieldError[] {
    if ((this.endpointId === undefined) === (this.url === undefined)) {
      return [{ pointer: '', detail: 'must hold either endpointId or url' }];
    }
    return [];
  }
}

@ApiSchema({ name: 'WebhookAttempt' })
export class AttemptView {
  @ApiProperty({ ...MOMENT })
  at!: string;

  @ApiProperty({ example: 84 })
  durationMs!: number;

  @ApiProperty({
    enum: ATTEMPT_RESULTS,
    enumName: 'WebhookAttemptResult',
    description:
      '`delivered`: any 2xx. `throttled`: 429, or 503 with Retry-After. `redirected`: 3xx, which is not followed. `gone`: 410, which disables the endpoint. `forbidden-address`: nothing was connected to. `rejected`: any other answer.',
    example: 'delivered',
  })
  result!: AttemptResult;

  @ApiPropertyOptional({ description: 'HTTP status; absent without an answer.', example: 204 })
  status?: number;

  @ApiPropertyOptional({
    description: 'Why there was no answer. Operators and admins only.',
    example: 'time-out: No answer within 10000 ms.',
  })
  message?: string;

  @ApiPropertyOptional({ description: 'The first 2 kB of the answer. Operators and admins only.', example: 'ok' })
  answer?: string;
}

@ApiSchema({ name: 'WebhookDelivery' })
export class DeliveryView {
  @ApiProperty({ example: 'whd_0123456789abcdef0123456789' })
  id!: string;

  @ApiProperty({ example: 'whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  endpointId!: string;

  @ApiProperty({ description: 'Of the event; the header `webhook-id`.', example: '1772359201000-0' })
  eventId!: string;

  @ApiProperty({ example: 'instance.ready' })
  type!: string;

  @ApiPropertyOptional({ description: 'Absent for an event of the fleet.', example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId?: string;

  @ApiPropertyOptional({ description: 'Which event of its instance it is.', example: 4 })
  sequence?: number;

  @ApiProperty({
    enum: DELIVERY_STATES,
    enumName: 'WebhookDeliveryState',
    description: '`exhausted`: all attempts failed. `cancelled`: its endpoint is disabled or gone.',
    example: 'delivered',
  })
  state!: DeliveryState;

  @ApiProperty({ type: [AttemptView], description: 'The earliest first.' })
  attempts!: AttemptView[];

  @ApiPropertyOptional({
    ...MOMENT,
    description: 'Absent when no attempt is to come, and while an earlier delivery of an ordered endpoint goes first.',
  })
  nextAttemptAt?: string;

  @ApiProperty({ ...MOMENT })
  createdAt!: string;

  @ApiPropertyOptional({
    description: 'The delivery that this one sends again.',
    example: 'whd_9876543210fedcba9876543210',
  })
  replayOf?: string;
}

@ApiSchema({ name: 'WebhookDeliveryPage' })
export class DeliveryPageView {
  @ApiProperty({ type: [DeliveryView], description: 'The latest first; of the last seven days.' })
  deliveries!: DeliveryView[];

  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page.', example: null })
  nextCursor!: string | null;
}

@ApiSchema({ name: 'WebhookReplayReport' })
export class ReplayReportView {
  @ApiProperty({ description: 'How many are sent again.', example: 12 })
  replayed!: number;

  @ApiProperty({
    description: 'Whether more was to be sent again than one request does; go on with `since` at `until`.',
    example: false,
  })
  more!: boolean;

  @ApiPropertyOptional({
    ...MOMENT,
    description: 'What was made up to this time is done; absent when there was nothing.',
  })
  until?: string;
}
