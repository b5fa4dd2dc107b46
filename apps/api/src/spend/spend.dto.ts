import { INSTANCE_STATUSES } from '@app/instance-store';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { QueryLimit } from '../core/http/input-members.js';
import { IDLE_COST_DESCRIPTION, IDLE_COST_EXAMPLE, IdleCostView } from '../instances/idle-cost.dto.js';
import { INSTANCE_EXAMPLE } from '../instances/instances.examples.js';
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

  @ApiProperty({ description: 'Whether moreover what runs is stopped, and starts are rejected.', example: false })
  stops!: boolean;

  @ApiPropertyOptional({ description: 'Absent while the spend is not known.', example: false })
  reached?: boolean;
}

export class SpendOfOwnerView {
  @ApiProperty({ example: 'user:ci' })
  owner!: string;

  @ApiProperty({ description: 'USD today, as far as it is accrued.', example: 41.2 })
  usd!: number;

  @ApiProperty({ example: false })
  reached!: boolean;
}

export class OwnerLimitView {
  @ApiProperty({ description: 'SPEND_OWNER_DAILY_LIMIT_USD, of each owner.', example: 50 })
  dailyUsd!: number;

  @ApiProperty({ description: 'Whether creates of an owner are rejected once it is reached.', example: true })
  enforced!: boolean;

  @ApiProperty({
    description: 'Whether moreover what runs of that owner is stopped, and starts are rejected.',
    example: false,
  })
  stops!: boolean;

  @ApiPropertyOptional({
    type: [SpendOfOwnerView],
    description: 'The dearest first, at most 100. Absent while the spend is not known.',
  })
  owners?: SpendOfOwnerView[];
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

  @ApiPropertyOptional({ type: OwnerLimitView, description: 'The limit of each owner. Absent when there is none.' })
  ownerLimit?: OwnerLimitView;
}

const { id: ID, name: NAME } = INSTANCE_EXAMPLE;

export const SPEND_EXAMPLE: SpendView = {
  asOf: '2026-03-01T10:00:00.000Z',
  now: {
    costUsdPerHour: 0.7,
    runningUsdPerHour: 0.7,
    billedThoughStoppedUsdPerHour: 0,
    byStatus: { ready: 0.7 },
    byRegion: { 'CN-HK-01': 0.7 },
    byProduct: { 'RTX 4090 24GB': 0.7 },
    byOwner: { 'user:ci': 0.7 },
    unpriced: 0,
    idle: IDLE_COST_EXAMPLE,
  },
  today: { usd: 3.5, savedUsd: 4.2, instances: [{ instanceId: ID, name: NAME, usd: 3.5 }], otherUsd: 0 },
  month: { usd: 3.5, savedUsd: 4.2, instances: [{ instanceId: ID, name: NAME, usd: 3.5 }], otherUsd: 0 },
  limit: { dailyUsd: 250, enforced: true, stops: false, reached: false },
  ownerLimit: {
    dailyUsd: 50,
    enforced: true,
    stops: false,
    owners: [{ owner: 'user:ci', usd: 41.2, reached: false }],
  },
};
