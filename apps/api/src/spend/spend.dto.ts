import { INSTANCE_STATUSES } from '@app/instance-store';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { QueryLimit } from '../core/http/input-members.js';
import { IDLE_COST_DESCRIPTION, IdleCostView } from '../instances/idle-cost.dto.js';
import { UnknownView } from '../instances/unknown-fleet.js';

export const DEFAULT_SPENDERS = 20;
const MAX_SPENDERS = 200;
const SUMS = { type: 'object', additionalProperties: { type: 'number' } } as const;

export class SpendQuery {
  @QueryLimit(MAX_SPENDERS, DEFAULT_SPENDERS)
  limit?: number;
}

export class SpendNowView {
  @ApiProperty({
    description: 'USD per hour of all that may be billed: running instances, and those billed though stopped.',
    example: 4.2,
  })
  costUsdPerHour!: number;

  @ApiProperty({ description: 'USD per hour of what runs or may run.', example: 3.5 })
  runningUsdPerHour!: number;

  @ApiProperty({
    description: 'USD per hour of stopped instances that are paid by the month: a stop does not end it.',
    example: 0.7,
  })
  billedThoughStoppedUsdPerHour!: number;

  @ApiProperty({
    type: 'object',
    properties: Object.fromEntries(INSTANCE_STATUSES.map((status) => [status, { type: 'number' }])),
    description: 'USD per hour. Adds up to `costUsdPerHour`, as do the next three.',
    example: { ready: 0.7 },
  })
  byStatus!: Readonly<Record<string, number>>;

  @ApiProperty({ ...SUMS, description: 'USD per hour.', example: { 'CN-HK-01': 0.7 } })
  byRegion!: Readonly<Record<string, number>>;

  @ApiProperty({ ...SUMS, description: 'USD per hour.', example: { 'RTX 4090 24GB': 0.7 } })
  byProduct!: Readonly<Record<string, number>>;

  @ApiProperty({ ...SUMS, description: 'USD per hour, by who made the instances.', example: { 'user:ci': 0.7 } })
  byOwner!: Readonly<Record<string, number>>;

  @ApiProperty({ description: 'Instances whose price is not known; they are in no sum.', example: 0 })
  unpriced!: number;

  @ApiProperty({ type: IdleCostView, description: IDLE_COST_DESCRIPTION })
  idle!: IdleCostView;
}

export class InstanceSpendView {
  @ApiProperty({ example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiPropertyOptional({ description: 'Absent when its record is gone.', example: 'llama-inference' })
  name?: string;

  @ApiProperty({ example: 3.5 })
  usd!: number;
}

export class SpendPeriodView {
  @ApiProperty({ description: 'USD; what runs is counted up to now.', example: 4.1 })
  usd!: number;

  @ApiProperty({ description: 'USD that auto-stop has saved.', example: 1.2 })
  savedUsd!: number;

  @ApiProperty({
    type: [InstanceSpendView],
    description: 'The dearest first, at most `limit`; counted up to now like the whole.',
  })
  instances!: InstanceSpendView[];

  @ApiProperty({
    description:
      'USD of all others; with `instances` it adds up to `usd`. It holds amounts that are not yet accrued to an instance.',
    example: 0.6,
  })
  otherUsd!: number;
}

export class SpendLimitView {
  @ApiProperty({ description: 'SPEND_DAILY_LIMIT_USD.', example: 250 })
  dailyUsd!: number;

  @ApiProperty({ description: 'Whether creates are rejected once it is reached.', example: true })
  enforced!: boolean;

  @ApiPropertyOptional({ description: 'Absent while the spend is not known.', example: false })
  reached?: boolean;
}

export class SpendView {
  @ApiProperty({ format: 'date-time', example: '2026-03-01T10:00:00.000Z' })
  asOf!: string;

  @ApiPropertyOptional({
    type: UnknownView,
    description: 'Present while no listing of Novita has completed; `now`, `today` and `month` are null then.',
  })
  unknown?: UnknownView;

  @ApiProperty({ type: SpendNowView, nullable: true })
  now!: SpendNowView | null;

  @ApiProperty({ type: SpendPeriodView, nullable: true, description: 'This day of UTC.' })
  today!: SpendPeriodView | null;

  @ApiProperty({ type: SpendPeriodView, nullable: true, description: 'This month of UTC.' })
  month!: SpendPeriodView | null;

  @ApiPropertyOptional({ type: SpendLimitView, description: 'Absent when there is none.' })
  limit?: SpendLimitView;
}
