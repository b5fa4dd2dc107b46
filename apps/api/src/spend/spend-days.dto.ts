import { SPEND_PARTS, type SpendPart } from '@app/instance-store';
import { MOST_DAYS } from '@app/spend';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Optional, QueryLimit } from '../core/http/input-members.js';
import { IsQueryChoice } from '../core/http/input-rules.js';
import { UnknownView } from '../instances/unknown-fleet.js';

export const DEFAULT_DAYS = 31;
const DAY = { format: 'date', description: 'Of UTC.', example: '2026-03-01' } as const;
const MOMENT = { format: 'date-time', example: '2026-03-01T10:00:00.000Z' } as const;

export class SpendDaysQuery {
  @QueryLimit(MOST_DAYS, DEFAULT_DAYS, 'How many days, today among them.')
  days?: number;

  @ApiPropertyOptional({
    enum: SPEND_PARTS,
    default: 'owner',
    description: 'By what each day is divided: who made the instances, or their product.',
  })
  @Optional()
  @IsQueryChoice(SPEND_PARTS)
  by?: SpendPart;
}

export class SpendDayView {
  @ApiProperty(DAY)
  day!: string;

  @ApiProperty({ description: 'USD; today up to now.', example: 12.5 })
  usd!: number;

  @ApiProperty({ description: 'USD that auto-stop has saved.', example: 3.5 })
  savedUsd!: number;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'number' },
    description: 'USD by name; `elsewhere` and `unknown` for those of whom it is not known.',
    example: { 'user:ci': 12 },
  })
  parts!: Readonly<Record<string, number>>;

  @ApiProperty({
    description:
      'USD; with `parts` it adds up to `usd`. Amounts of today that are not accrued yet, and days of before parts were kept.',
    example: 0.5,
  })
  otherUsd!: number;
}

export class SpendDaysView {
  @ApiProperty(MOMENT)
  asOf!: string;

  @ApiPropertyOptional({
    type: UnknownView,
    description: 'Present while no listing of Novita has completed; `days` is null then.',
  })
  unknown?: UnknownView;

  @ApiProperty({ enum: SPEND_PARTS, example: 'owner' })
  by!: SpendPart;

  @ApiProperty({ type: [SpendDayView], nullable: true, description: 'The oldest first, today the last.' })
  days!: SpendDayView[] | null;
}

export class InstanceSpendDayView {
  @ApiProperty(DAY)
  day!: string;

  @ApiProperty({ description: 'USD; today up to now.', example: 3.5 })
  usd!: number;

  @ApiProperty({ description: 'USD that auto-stop has saved.', example: 0 })
  savedUsd!: number;
}

export class InstanceSpendDaysView {
  @ApiProperty({ example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiProperty(MOMENT)
  asOf!: string;

  @ApiProperty({ description: 'USD in all, up to now.', example: 12.34 })
  usd!: number;

  @ApiProperty({
    description: 'USD per hour now; 0 when it is not billed, or at a price that is not known.',
    example: 0.35,
  })
  usdPerHour!: number;

  @ApiPropertyOptional({
    ...MOMENT,
    description: 'From when on it is counted; absent when it has never cost anything.',
  })
  countedFrom?: string;

  @ApiProperty({ description: 'USD that auto-stop has saved on these days.', example: 0 })
  savedUsd!: number;

  @ApiProperty({
    type: [InstanceSpendDayView],
    description: 'Of the latest 35 days those on which it cost or saved anything, the oldest first.',
  })
  days!: InstanceSpendDayView[];
}

export const SPEND_DAYS_EXAMPLE: SpendDaysView = {
  asOf: '2026-03-01T10:00:00.000Z',
  by: 'owner',
  days: [{ day: '2026-03-01', usd: 3.5, savedUsd: 4.2, parts: { 'user:ci': 3.5 }, otherUsd: 0 }],
};

export const INSTANCE_SPEND_EXAMPLE: InstanceSpendDaysView = {
  instanceId: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
  asOf: '2026-03-01T10:00:00.000Z',
  usd: 12.34,
  usdPerHour: 0.35,
  countedFrom: '2026-02-27T08:00:00.000Z',
  savedUsd: 4.2,
  days: [
    { day: '2026-02-28', usd: 8.4, savedUsd: 4.2 },
    { day: '2026-03-01', usd: 3.5, savedUsd: 0 },
  ],
};
