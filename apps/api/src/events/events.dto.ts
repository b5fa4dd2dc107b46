import { CHANGE_TYPES, type ChangeType, SYNC_FEED_EVENT_TYPES, type SyncFeedEventType } from '@app/instance-store';
import { ApiExtraModels, ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { InstanceView } from '../instances/instance-view.dto.js';
import {
  RESOURCE_STREAM_SCHEMAS,
  ResourceEventView,
  ResourcesResetEventView,
} from '../kubernetes/resource-events.dto.js';
import { HeldView } from '../sync/sync-status.dto.js';
import { CONTROL_TYPES, EVENT_TYPES } from './event-types.js';

const MOMENT = { format: 'date-time', example: '2026-03-01T10:00:00.000Z' } as const;
const ID = {
  description: 'The id of the event, the same in every process; the `id:` of the stream.',
  example: '1772359201000-0',
} as const;
const HAPPENED = { ...MOMENT, description: 'When it happened.' } as const;

/** A change of one instance. */
@ApiSchema({ name: 'InstanceEvent' })
export class InstanceEventView {
  @ApiProperty({ ...ID })
  id!: string;

  @ApiProperty({ enum: CHANGE_TYPES, example: 'instance.ready' })
  type!: ChangeType;

  @ApiProperty({ ...HAPPENED })
  at!: string;

  @ApiProperty({ description: 'Ours.', example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiProperty({
    description: 'Of the instance as it is shown here; ignore one that is older than the one you have.',
    example: 7,
  })
  revision!: number;

  @ApiPropertyOptional({
    type: InstanceView,
    description:
      'The instance right after the change; absent when it was removed. Without `lastUsedAt` and `autoStopAt`, which move without a change.',
  })
  instance?: InstanceView;
}

/** A run of the sync. */
@ApiSchema({ name: 'SyncRunEvent' })
export class SyncRunEventView {
  @ApiProperty({ ...ID })
  id!: string;

  @ApiProperty({ enum: SYNC_FEED_EVENT_TYPES, example: 'sync.completed' })
  type!: SyncFeedEventType;

  @ApiProperty({ ...HAPPENED })
  at!: string;

  @ApiProperty({ example: '01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  runId!: string;

  @ApiProperty({ description: 'Why it runs: `startup`, `schedule`, `manual` or `retry`.', example: 'schedule' })
  trigger!: string;

  @ApiProperty({ ...MOMENT })
  startedAt!: string;

  @ApiPropertyOptional({ ...MOMENT, description: 'Absent while it runs.' })
  endedAt?: string;

  @ApiPropertyOptional({ description: 'From start to end.', example: 5_000 })
  durationMs?: number;

  @ApiPropertyOptional({ description: 'Why it failed.', example: 'Novita answered 500 (templates)' })
  error?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'How many records it changed, by what it did with them.',
    example: { updated: 1, created: 2 },
  })
  changes?: Readonly<Record<string, number>>;

  @ApiPropertyOptional({ type: HeldView, description: 'The listing that is held back.' })
  held?: HeldView;
}

/** The day's spend has reached a level of the day's limit. */
@ApiSchema({ name: 'SpendWarningEvent' })
export class SpendWarningEventView {
  @ApiProperty({ ...ID })
  id!: string;

  @ApiProperty({ enum: ['spend.warning'] })
  type!: 'spend.warning';

  @ApiProperty({ ...HAPPENED })
  at!: string;

  @ApiProperty({ description: 'Of UTC.', format: 'date', example: '2026-03-01' })
  day!: string;

  @ApiProperty({ description: 'The level, in per cent of the limit.', example: 80 })
  levelPercent!: number;

  @ApiProperty({ example: 41.2 })
  spentUsd!: number;

  @ApiProperty({ example: 50 })
  limitUsd!: number;

  @ApiProperty({ description: 'Whether creates are rejected at 100 %.', example: true })
  enforced!: boolean;

  @ApiPropertyOptional({ description: 'Whose limit it is; absent for that of the fleet.', example: 'user:ci' })
  owner?: string;
}

/** Novita has billed something else for a day than was counted. */
@ApiSchema({ name: 'SpendBillDiffersEvent' })
export class SpendBillDiffersEventView {
  @ApiProperty({ ...ID })
  id!: string;

  @ApiProperty({ enum: ['spend.bill_differs'] })
  type!: 'spend.bill_differs';

  @ApiProperty({ ...HAPPENED })
  at!: string;

  @ApiProperty({ description: 'Of UTC.', format: 'date', example: '2026-03-01' })
  day!: string;

  @ApiProperty({ description: 'USD by the meters.', example: 41.2 })
  meteredUsd!: number;

  @ApiProperty({ description: 'USD by Novita.', example: 50 })
  billedUsd!: number;

  @ApiProperty({ description: 'Of the greater of the two; above 0 when more was billed.', example: 17.6 })
  differencePercent!: number;

  @ApiProperty({ description: 'BILL_TOLERANCE_PERCENT.', example: 5 })
  tolerancePercent!: number;
}

/** A webhook endpoint gets nothing any more, until somebody resumes it. */
@ApiSchema({ name: 'WebhookDisabledEvent' })
export class WebhookDisabledEventView {
  @ApiProperty({ ...ID })
  id!: string;

  @ApiProperty({ enum: ['webhook.disabled'] })
  type!: 'webhook.disabled';

  @ApiProperty({ ...HAPPENED })
  at!: string;

  @ApiProperty({ example: 'whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  endpointId!: string;

  @ApiProperty({ description: 'Scheme, host and port of its address.', example: 'https://hooks.example.com' })
  origin!: string;

  @ApiProperty({ description: '`gone-410` or `failed-5-days`.', example: 'failed-5-days' })
  reason!: string;

  @ApiPropertyOptional({ ...MOMENT, description: 'Since when every attempt has failed.' })
  failingSince?: string;
}

/** The stream begins: what happens after its `id:` follows. */
@ApiSchema({ name: 'ConnectedEvent' })
export class ConnectedEventView {
  @ApiProperty({ enum: ['connected'] })
  type!: 'connected';

  @ApiProperty({ ...MOMENT })
  at!: string;
}

/** The events after the one that was named are not kept any more: forget what you know, the list follows. */
@ApiSchema({ name: 'ResetEvent' })
export class ResetEventView {
  @ApiProperty({ enum: ['reset'] })
  type!: 'reset';

  @ApiProperty({ ...MOMENT })
  at!: string;

  @ApiProperty({ example: 'events after the last one that was received are not kept any more' })
  reason!: string;
}

/** A piece of the present list. */
@ApiSchema({ name: 'ListEvent' })
export class ListEventView {
  @ApiProperty({ enum: ['list'] })
  type!: 'list';

  @ApiProperty({ type: [InstanceView] })
  instances!: InstanceView[];

  @ApiProperty({ description: 'Whether the list is complete; only then there is an `id:`.', example: true })
  last!: boolean;
}

/** Events cannot be read at present: they are late, not lost. */
@ApiSchema({ name: 'DegradedEvent' })
export class DegradedEventView {
  @ApiProperty({ enum: ['degraded'] })
  type!: 'degraded';

  @ApiProperty({ ...MOMENT })
  since!: string;
}

/** Events can be read again; those of the meantime follow. */
@ApiSchema({ name: 'RestoredEvent' })
export class RestoredEventView {
  @ApiProperty({ enum: ['restored'] })
  type!: 'restored';

  @ApiProperty({ ...MOMENT })
  at!: string;
}

/** The name of the schema of each event of the stream. */
export const STREAM_SCHEMAS: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...EVENT_TYPES, ...CONTROL_TYPES].map((type) => [type, schemaNameOf(type)])),
  ...RESOURCE_STREAM_SCHEMAS,
};

/** Puts what all events of a kind have in common, and what the stream says of itself, among the schemas. */
export function EventSchemas(): MethodDecorator & ClassDecorator {
  return ApiExtraModels(
    InstanceEventView,
    SyncRunEventView,
    SpendWarningEventView,
    SpendBillDiffersEventView,
    WebhookDisabledEventView,
    ConnectedEventView,
    ResetEventView,
    ListEventView,
    DegradedEventView,
    RestoredEventView,
    ResourceEventView,
    ResourcesResetEventView,
  );
}

export function schemaNameOf(type: string): string {
  return `${pascalOf(type)}Event`;
}

export function pascalOf(type: string): string {
  return type
    .split(/[._]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
