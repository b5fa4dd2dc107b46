import { INSTANCE_STATUSES } from '@app/instance-store';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { QueryLimit } from '../http/query-limit.decorator.js';

export const DEFAULT_SPENDERS = 20;
const MAX_SPENDERS = 200;
const SUMS = { type: 'object', additionalProperties: { type: 'number' } } as const;

export class SpendQuery {
  @QueryLimit(MAX_SPENDERS, DEFAULT_SPENDERS)
  limit?: number;
}

export class SpendNowView {
  @ApiProperty({ description: 'USD per hour of all that may be billed.', example: 0.7 })
  usdPerHour!: number;

  @ApiProperty({
    type: 'object',
    properties: Object.fromEntries(INSTANCE_STATUSES.map((status) => [status, { type: 'number' }])),
    description: 'USD per hour.',
    example: { ready: 0.7 },
  })
  byStatus!: Readonly<Record<string, number>>;

  @ApiProperty({ ...SUMS, description: 'USD per hour.', example: { 'CN-HK-01': 0.7 } })
  byRegion!: Readonly<Record<string, number>>;

  @ApiProperty({ ...SUMS, description: 'USD per hour.', example: { 'RTX 4090 24GB': 0.7 } })
  byProduct!: Readonly<Record<string, number>>;

  @ApiProperty({ description: 'Instances whose price is not known; they are in no sum.', example: 0 })
  unpriced!: number;

  @ApiProperty({ description: 'USD per hour of those that are past their warning time and still run.', example: 0.35 })
  idleUsdPerHour!: number;
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

  @ApiProperty({ type: [InstanceSpendView], description: 'The dearest first, at most `limit`.' })
  instances!: InstanceSpendView[];
}

export class SpendLimitView {
  @ApiProperty({ description: 'SPEND_DAILY_LIMIT_USD.', example: 250 })
  dailyUsd!: number;

  @ApiProperty({ description: 'Whether creates are refused once it is reached.', example: true })
  enforced!: boolean;

  @ApiProperty({ example: false })
  reached!: boolean;
}

export class SpendView {
  @ApiProperty({ format: 'date-time', example: '2026-03-01T10:00:00.000Z' })
  asOf!: string;

  @ApiProperty({ type: SpendNowView })
  now!: SpendNowView;

  @ApiProperty({ type: SpendPeriodView, description: 'This day of UTC.' })
  today!: SpendPeriodView;

  @ApiProperty({ type: SpendPeriodView, description: 'This month of UTC.' })
  month!: SpendPeriodView;

  @ApiPropertyOptional({ type: SpendLimitView, description: 'Absent when there is none.' })
  limit?: SpendLimitView;
}
