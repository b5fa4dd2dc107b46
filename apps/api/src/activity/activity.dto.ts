import {
  CHANGE_TYPES,
  type ChangeType,
  type DesiredState,
  INSTANCE_STATUSES,
  type InstanceStatus,
} from '@app/instance-store';
import { ApiExtraModels, ApiProperty, ApiPropertyOptional, ApiSchema, getSchemaPath } from '@nestjs/swagger';
import { Optional, QueryLimit } from '../core/http/input-members.js';
import { IsQueryText } from '../core/http/input-rules.js';
import {
  SpendBillDiffersEventView,
  SpendWarningEventView,
  SyncRunEventView,
  WebhookDisabledEventView,
} from '../events/events.dto.js';
import { EventSelectionQuery } from '../events/events-query.js';
import { ProductView } from '../instances/instance-view.dto.js';

const MOMENT = { format: 'date-time', example: '2026-03-01T10:00:00.000Z' } as const;
export const DEFAULT_LIMIT = 50;
const MOST_EVENTS = 200;

export class ActivityQuery extends EventSelectionQuery {
  @QueryLimit(MOST_EVENTS, DEFAULT_LIMIT)
  limit?: number;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before, with the same filters.' })
  @Optional()
  @IsQueryText({ min: 1, max: 100 })
  cursor?: string;
}

export class ActivityErrorView {
  @ApiProperty({ description: 'A problem code; its page is `/errors/{code}`.', example: 'startup-timeout' })
  code!: string;

  @ApiProperty({ example: 'Not running 10 minutes after the start was asked for.' })
  message!: string;
}

/** What of an instance a line about it needs. */
export class ActivityInstanceView {
  @ApiProperty({ example: 'llama-inference' })
  name!: string;

  @ApiProperty({ enum: INSTANCE_STATUSES, enumName: 'InstanceStatus', example: 'ready' })
  status!: InstanceStatus;

  @ApiProperty({ enum: ['running', 'stopped', 'deleted'], example: 'running' })
  desired!: DesiredState;

  @ApiProperty({ description: 'Who desired it.', example: 'user:ci' })
  desiredBy!: string;

  @ApiPropertyOptional({ example: 'CN-HK-01' })
  region?: string;

  @ApiProperty({ type: ProductView })
  product!: ProductView;

  @ApiProperty({ description: 'GPUs that it has.', example: 1 })
  gpuNum!: number;

  @ApiPropertyOptional({ description: 'USD, for the whole instance.', example: 0.35 })
  pricePerHour?: number;

  @ApiPropertyOptional({ type: ActivityErrorView })
  lastError?: ActivityErrorView;
}

@ApiSchema({ name: 'InstanceActivity' })
class InstanceActivityView {
  @ApiProperty({ description: 'The id of the event, as on `GET /events`.', example: '1772359201000-0' })
  id!: string;

  @ApiProperty({ enum: CHANGE_TYPES, example: 'instance.ready' })
  type!: ChangeType;

  @ApiProperty({ ...MOMENT, description: 'When it happened.' })
  at!: string;

  @ApiProperty({ description: 'Ours.', example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiProperty({ example: 7 })
  revision!: number;

  @ApiPropertyOptional({ type: ActivityInstanceView, description: 'As it was then; absent when it was removed.' })
  instance?: ActivityInstanceView;
}

export type ActivityEventView =
  | InstanceActivityView
  | SyncRunEventView
  | SpendWarningEventView
  | SpendBillDiffersEventView
  | WebhookDisabledEventView;

const EVENT_VIEWS = [
  InstanceActivityView,
  SyncRunEventView,
  SpendWarningEventView,
  SpendBillDiffersEventView,
  WebhookDisabledEventView,
] as const;

export const ACTIVITY_EVENT = 'ActivityEvent';

/** With a name: generators of clients make a type of such a choice, and some stumble over one that stands within a list. */
export const ACTIVITY_EVENT_SCHEMA = { oneOf: EVENT_VIEWS.map((view) => ({ $ref: getSchemaPath(view) })) };

@ApiExtraModels(...EVENT_VIEWS)
export class ActivityView {
  @ApiProperty({
    type: 'array',
    items: { $ref: getSchemaPath(ACTIVITY_EVENT) },
    description: 'The latest first. A page may hold fewer than `limit`, or none, and not be the last.',
  })
  events!: ActivityEventView[];

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Null when no older events are kept; about 10,000 are.',
    example: '1772359201000-0',
  })
  nextCursor!: string | null;

  @ApiProperty({
    description:
      'Of the latest event that was read for this page, whether or not it matches: `GET /events` with this `Last-Event-ID` goes on after the first page, without a gap and with nothing twice.',
    example: '1772359201000-0',
  })
  lastEventId!: string;
}

export const ACTIVITY_EXAMPLE: ActivityView = {
  events: [
    {
      id: '1772359201000-0',
      type: 'instance.ready',
      at: '2026-03-01T10:00:01.000Z',
      instanceId: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
      revision: 7,
      instance: {
        name: 'llama-inference',
        status: 'ready',
        desired: 'running',
        desiredBy: 'user:ci',
        region: 'CN-HK-01',
        product: { id: '4090.16c62g.os', name: 'RTX 4090 24GB' },
        gpuNum: 1,
        pricePerHour: 0.35,
      },
    },
  ],
  nextCursor: null,
  lastEventId: '1772359201000-0',
};
