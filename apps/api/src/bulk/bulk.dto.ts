import { INSTANCE_STATUSES, type InstanceStatus } from '@app/instance-store';
import type { FieldError } from '@app/platform';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ValidateIf, ValidateNested } from 'class-validator';
import { leaseEndViolations, MAX_LEASE_MINUTES, reasonViolation } from '../auto-stop/lease.dto.js';
import { Optional, OptionalNotNull } from '../core/http/input-members.js';
import { Follows, IsChoice, IsFlag, IsInstant, IsListOf, IsObjectLike, IsText } from '../core/http/input-rules.js';
import type { Checked } from '../core/http/validation.js';
import { AutoStopChangeInput } from '../instances/instance-settings.dto.js';
import { FleetFilterQuery } from '../instances/list-instances.dto.js';
import { MOST_AT_ONCE } from './bulk-commands.js';
import { BULK_ACTIONS, type BulkAction } from './bulk-rules.js';

const INSTANCE_ID = /^[A-Za-z0-9_-]{1,255}$/;

/** The filters of `GET /instances`, as members. */
@ApiSchema({ name: 'FleetFilter' })
export class FleetFilterInput extends FleetFilterQuery {}

export class BulkInput implements Checked {
  @ApiProperty({
    enum: BULK_ACTIONS,
    description:
      '`adopt`, `ignore` and `unignore` act on instances made elsewhere, all others only on ours. `keepBusy` takes `reason` and `until` or `minutes`, `autoStop` takes `autoStop`.',
    example: 'stop',
  })
  @IsChoice(BULK_ACTIONS)
  action!: BulkAction;

  @ApiPropertyOptional({
    type: [String],
    maxItems: MOST_AT_ONCE,
    description:
      "Ids of instances, ours or Novita's; with `filter`, those that do not match it any more are left alone.",
    example: ['ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE'],
  })
  @OptionalNotNull()
  @IsListOf({ of: 'ids', example: '["ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE"]', min: 1, max: MOST_AT_ONCE })
  ids?: string[];

  @ApiPropertyOptional({
    type: FleetFilterInput,
    description: 'Everything that matches, as `GET /instances` lists it. Without `ids` it needs `digest`, or `dryRun`.',
  })
  @ValidateIf((_object, value) => value !== undefined)
  @IsObjectLike('{"show": "idle"}')
  @ValidateNested()
  @Type(() => FleetFilterInput)
  filter?: FleetFilterInput;

  @ApiPropertyOptional({ description: 'Only report what would be done.', default: false, example: true })
  @OptionalNotNull()
  @IsFlag()
  dryRun?: boolean;

  @ApiPropertyOptional({
    description: '`digest` of the dry run: the command is rejected when it would act on other instances now.',
    example: 'pUeJ6sF0dLq3h5v1Zt8w2A',
  })
  @Optional()
  @IsText({ min: 1, max: 100 })
  digest?: string;

  @ApiPropertyOptional({ description: 'For `keepBusy`; either this or `minutes`.', format: 'date-time' })
  @Optional()
  @IsInstant()
  until?: string;

  @ApiPropertyOptional({
    description: 'For `keepBusy`; either this or `until`.',
    maximum: MAX_LEASE_MINUTES,
    example: 240,
  })
  @Optional()
  @Follows((value) => {
    const isNumber = typeof value === 'number' && value > 0 && value <= MAX_LEASE_MINUTES;
    return isNumber ? null : `must be a number of minutes, more than 0 and at most ${MAX_LEASE_MINUTES}`;
  })
  minutes?: number;

  @ApiPropertyOptional({ description: 'For `keepBusy`: what they are busy with.', example: 'training run 42' })
  @Optional()
  @Follows(reasonViolation)
  reason?: string;

  @ApiPropertyOptional({ type: AutoStopChangeInput, description: 'For `autoStop`.' })
  @ValidateIf((_object, value) => value !== undefined)
  @IsObjectLike('{"enabled": true, "thresholdMinutes": 20}')
  @ValidateNested()
  @Type(() => AutoStopChangeInput)
  autoStop?: AutoStopChangeInput;

  violations(): readonly FieldError[] {
    return [...this.violationsOfSelection(), ...this.violationsOfAction()];
  }

  private violationsOfSelection(): readonly FieldError[] {
    const wrongIds = (this.ids ?? []).flatMap((id: unknown, place) =>
      typeof id === 'string' && INSTANCE_ID.test(id)
        ? []
        : [{ pointer: `/ids/${place}`, detail: 'must be the id of an instance' }],
    );
    if (wrongIds.length > 0) return wrongIds;
    if (this.ids === undefined && this.filter === undefined)
      return [{ pointer: '', detail: 'must hold ids or filter' }];
    const needsDigest = this.ids === undefined && this.dryRun !== true && this.digest === undefined;
    return needsDigest
      ? [
          {
            pointer: '/digest',
            detail: 'is missing: it says which instances the dry run named, so that no others are acted on',
          },
        ]
      : [];
  }

  private violationsOfAction(): readonly FieldError[] {
    if (this.action === 'keepBusy') {
      const missing =
        this.reason === undefined ? [{ pointer: '/reason', detail: 'is missing; keepBusy takes it' }] : [];
      return [...missing, ...leaseEndViolations(this)];
    }
    if (this.action === 'autoStop' && this.autoStop === undefined) {
      return [{ pointer: '/autoStop', detail: 'is missing; the action autoStop takes it' }];
    }
    return [];
  }
}

export class BulkSkipView {
  @ApiProperty({ description: 'A problem code, `already` or `no-match`.', example: 'already' })
  code!: string;

  @ApiProperty({ example: 'It is so already.' })
  reason!: string;

  @ApiProperty({ type: 'integer', example: 2 })
  instances!: number;
}

export class BulkPreviewItemView {
  @ApiProperty({ example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiProperty({ example: 'llama-inference' })
  name!: string;

  @ApiProperty({ enum: INSTANCE_STATUSES, enumName: 'InstanceStatus', example: 'ready' })
  status!: InstanceStatus;

  @ApiPropertyOptional({ description: 'USD; absent when it is not known.', example: 0.35 })
  pricePerHour?: number;
}

export class BulkPreviewView {
  @ApiProperty({ description: 'How many match.', type: 'integer', example: 3 })
  matching!: number;

  @ApiProperty({ description: 'On how many of them it would act.', type: 'integer', example: 1 })
  acting!: number;

  @ApiProperty({
    description: 'USD per hour that would end. A stop does not end what is paid by the month.',
    example: 0.35,
  })
  endsUsdPerHour!: number;

  @ApiProperty({ description: 'USD per hour that would begin.', example: 0 })
  beginsUsdPerHour!: number;

  @ApiProperty({ type: 'integer', description: 'Of these, instances whose price is not known; in no sum.', example: 0 })
  unpriced!: number;

  @ApiProperty({ type: [BulkSkipView], description: 'Those that it would leave alone, by why.' })
  skipped!: BulkSkipView[];

  @ApiProperty({
    type: [BulkPreviewItemView],
    description: 'Those that it would act on, the dearest first; at most 200.',
  })
  items!: BulkPreviewItemView[];

  @ApiProperty({ type: [String], description: 'All that it would act on, in the same order; at most 50000.' })
  ids!: string[];

  @ApiProperty({ description: 'To be sent with the command itself.', example: 'pUeJ6sF0dLq3h5v1Zt8w2A' })
  digest!: string;
}

export class BulkResultView {
  @ApiProperty({ example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiPropertyOptional({ description: 'Absent for one that is not known.', example: 'llama-inference' })
  name?: string;

  @ApiProperty({ enum: ['accepted', 'skipped', 'failed'], example: 'accepted' })
  outcome!: 'accepted' | 'skipped' | 'failed';

  @ApiPropertyOptional({ description: 'Why it was skipped or failed: a problem code, `already` or `no-match`.' })
  code?: string;

  @ApiPropertyOptional({ description: 'The same in words.' })
  reason?: string;

  @ApiPropertyOptional({ description: 'Of a failure: whether it helps to try again.', example: true })
  retryable?: boolean;
}

export class BulkOutcomeView {
  @ApiProperty({ type: 'integer', example: 1 })
  accepted!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  skipped!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  failed!: number;

  @ApiProperty({ type: [BulkResultView], description: 'In the order of `ids`.' })
  items!: BulkResultView[];
}

export class BulkAnswer {
  @ApiProperty({ enum: BULK_ACTIONS, example: 'stop' })
  action!: BulkAction;

  @ApiProperty({ example: true })
  dryRun!: boolean;

  @ApiPropertyOptional({ type: BulkPreviewView, description: 'Of a dry run.' })
  preview?: BulkPreviewView;

  @ApiPropertyOptional({ type: BulkOutcomeView, description: 'Of the command itself.' })
  outcome?: BulkOutcomeView;
}

const { instanceId, name } = { instanceId: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE', name: 'llama-inference' };

export const BULK_PREVIEW_EXAMPLE: BulkAnswer = {
  action: 'stop',
  dryRun: true,
  preview: {
    matching: 3,
    acting: 1,
    endsUsdPerHour: 0.35,
    beginsUsdPerHour: 0,
    unpriced: 0,
    skipped: [{ code: 'already', reason: 'It is so already.', instances: 2 }],
    items: [{ instanceId, name, status: 'ready', pricePerHour: 0.35 }],
    ids: [instanceId],
    digest: 'pUeJ6sF0dLq3h5v1Zt8w2A',
  },
};
