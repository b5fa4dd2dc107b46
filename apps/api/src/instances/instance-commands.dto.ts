import { INSTANCE_STATUSES, type InstanceStatus } from '@app/instance-store';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Optional, OptionalNotNull } from '../core/http/input-members.js';
import { IsFlag, IsInstant, IsText } from '../core/http/input-rules.js';
import { INSTANCE_NAME } from './create-rules.js';
import { UnknownView } from './unknown-fleet.js';

export class ByNameInput {
  @ApiProperty({ description: 'Exactly this name.', example: 'llama-inference' })
  @IsText(INSTANCE_NAME)
  instanceName!: string;
}

export class StopAllInput {
  @ApiPropertyOptional({ description: 'Only report what would be stopped.', default: false, example: true })
  @OptionalNotNull()
  @IsFlag()
  dryRun?: boolean;
}

export class LastUsedInput {
  @ApiPropertyOptional({
    description:
      'When it was used, with Z or an offset; absent: now. Not in the future and not before the instance started.',
    format: 'date-time',
    example: '2026-03-01T10:00:00.000Z',
  })
  @Optional()
  @IsInstant()
  lastUsedAt?: string;

  @ApiPropertyOptional({
    description: 'Who reports it; shown among the signals of use, after the name of the key.',
    example: 'inference-gateway',
  })
  @Optional()
  @IsText({
    min: 1,
    max: 100,
    form: { pattern: /^[A-Za-z0-9._:/-]+$/, says: 'must be 1 to 100 letters, digits and . _ : / -' },
  })
  source?: string;
}

export class LastUsedAnswer {
  @ApiProperty({ example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiProperty({
    description: 'The latest use that is known: the reported one, unless a later one was reported before.',
    format: 'date-time',
    example: '2026-03-01T10:00:00.000Z',
  })
  lastUsedAt!: string;

  @ApiProperty({
    enum: INSTANCE_STATUSES,
    enumName: 'InstanceStatus',
    description: 'As it stands: a report does not revoke a stop that is decided.',
    example: 'ready',
  })
  status!: InstanceStatus;

  @ApiProperty({ example: 'Last used time updated' })
  message!: string;
}

export class StopAllItemView {
  @ApiProperty({ example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiProperty({ example: 'llama-inference' })
  name!: string;

  @ApiProperty({ enum: INSTANCE_STATUSES, enumName: 'InstanceStatus', example: 'ready' })
  status!: InstanceStatus;

  @ApiPropertyOptional({ description: 'USD.', example: 0.35 })
  pricePerHour?: number;
}

export class StopAllReasonView extends StopAllItemView {
  @ApiProperty({ description: 'Why it was left alone, or what failed.', example: 'made elsewhere' })
  reason!: string;
}

export class CostSumView {
  @ApiProperty({ description: 'USD per hour.', example: 0.5 })
  usdPerHour!: number;

  @ApiProperty({ type: 'integer', example: 1 })
  instances!: number;
}

export class StillCostingByReasonView {
  @ApiProperty({ type: CostSumView, description: 'Nobody has adopted it, so it is left alone.' })
  madeElsewhere!: CostSumView;

  @ApiProperty({ type: CostSumView, description: 'Paid by the month, running or not; only a delete ends it.' })
  monthly!: CostSumView;

  @ApiProperty({ type: CostSumView, description: 'Could not be stopped, or must not be at present.' })
  notStopped!: CostSumView;
}

export class EndingView extends CostSumView {
  @ApiProperty({
    type: 'integer',
    description: 'Of `instances`, those whose price is not known; they are in no sum.',
    example: 0,
  })
  unpriced!: number;
}

export class StillCostingView extends EndingView {
  @ApiProperty({ type: StillCostingByReasonView, description: 'Adds up to the whole.' })
  byReason!: StillCostingByReasonView;
}

export class StopAllData {
  @ApiProperty({ example: true })
  dryRun!: boolean;

  @ApiProperty({ type: [StopAllItemView] })
  stopping!: StopAllItemView[];

  @ApiProperty({ type: [StopAllReasonView], description: 'Left alone.' })
  skipped!: StopAllReasonView[];

  @ApiProperty({ type: [StopAllReasonView] })
  failed!: StopAllReasonView[];

  @ApiProperty({ type: EndingView, description: 'What is billed no more when all of `stopping` stand still.' })
  ending!: EndingView;

  @ApiProperty({
    type: StillCostingView,
    nullable: true,
    description: 'The costs that go on when all of `stopping` are stopped. Null while `unknown` says why nobody knows.',
  })
  stillCosting!: StillCostingView | null;

  @ApiPropertyOptional({
    type: UnknownView,
    description: 'Why it is not known what runs at Novita; absent when it is.',
  })
  unknown?: UnknownView;
}

export class StopAllAnswer {
  @ApiProperty({ description: 'False when one of them could not be stopped.', example: true })
  success!: boolean;

  @ApiProperty({ example: 'Dry run: 1 instance would be stopped' })
  message!: string;

  @ApiProperty({ type: StopAllData })
  data!: StopAllData;
}
