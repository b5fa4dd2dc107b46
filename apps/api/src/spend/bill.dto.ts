import { BILL_UNKNOWN, type BillUnknown } from '@app/spend';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

const MOMENT = { format: 'date-time', example: '2026-03-02T13:00:00.000Z' } as const;

export class BilledInstanceView {
  @ApiPropertyOptional({
    description: 'Absent when the fleet does not know it.',
    example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
  })
  instanceId?: string;

  @ApiPropertyOptional({ description: 'Absent when its record is gone.', example: '0123456789abcdef' })
  novitaInstanceId?: string;

  @ApiPropertyOptional({ description: 'Absent when its record is gone.', example: 'llama-inference' })
  name?: string;

  @ApiProperty({ description: 'USD by the meters.', example: 8.4 })
  meteredUsd!: number;

  @ApiProperty({ description: 'USD by Novita.', example: 10 })
  billedUsd!: number;
}

export class MonthlyBillView {
  @ApiProperty({ type: 'integer', example: 0 })
  instances!: number;

  @ApiProperty({ description: 'USD by the meters.', example: 0 })
  usd!: number;
}

export class OtherBillsView {
  @ApiProperty({ type: 'integer', example: 3 })
  instances!: number;

  @ApiProperty({ description: 'USD.', example: 4.1 })
  meteredUsd!: number;

  @ApiProperty({ description: 'USD.', example: 4.1 })
  billedUsd!: number;
}

export class BillDayView {
  @ApiProperty({ format: 'date', description: 'Of UTC.', example: '2026-03-01' })
  day!: string;

  @ApiProperty(MOMENT)
  checkedAt!: string;

  @ApiProperty({ description: 'USD by the meters, without what is paid by the month.', example: 12.5 })
  meteredUsd!: number;

  @ApiProperty({
    type: 'number',
    nullable: true,
    description: 'USD by Novita, before vouchers; null while it is not known, like the next three.',
    example: 14.1,
  })
  billedUsd!: number | null;

  @ApiProperty({
    type: 'number',
    nullable: true,
    description: 'USD that were billed beyond what was counted; below 0 when less was billed.',
    example: 1.6,
  })
  differenceUsd!: number | null;

  @ApiProperty({ type: 'number', nullable: true, description: 'Of the greater of the two.', example: 11.3 })
  differencePercent!: number | null;

  @ApiProperty({
    type: 'boolean',
    nullable: true,
    description: 'Whether it is more than `tolerancePercent`.',
    example: true,
  })
  differs!: boolean | null;

  @ApiPropertyOptional({
    enum: BILL_UNKNOWN,
    description:
      'Why the day cannot be compared. `not-billed-yet`: the bill has nothing of it, or the day ended less than 12 hours before the check. `incomplete`: instances that ran are missing on it, and may still come. `unreadable`: see `detail`. `not-counted`: the fleet had not counted all day. `no-record`: no record is left of instances that ran, so how they are paid is not known.',
    example: 'not-billed-yet',
  })
  unknown?: BillUnknown;

  @ApiPropertyOptional({
    description: 'What of the bill is not understood, or what is not known of the instances that ran.',
    example: 'the unit of its amounts is not known',
  })
  detail?: string;

  @ApiProperty({
    type: MonthlyBillView,
    description:
      'Instances that are paid by the month: Novita bills them otherwise, and they are in no other sum here.',
  })
  monthly!: MonthlyBillView;

  @ApiProperty({
    type: [BilledInstanceView],
    description: 'Of a day that is compared, those that differ most, at most 20.',
  })
  instances!: BilledInstanceView[];

  @ApiPropertyOptional({
    type: OtherBillsView,
    description: 'All others; with `instances` they add up to the sums of the day. Absent when it is not compared.',
  })
  others?: OtherBillsView;
}

export class BillRunView {
  @ApiProperty(MOMENT)
  at!: string;

  @ApiProperty({ enum: ['schedule', 'manual'], example: 'schedule' })
  trigger!: 'schedule' | 'manual';

  @ApiPropertyOptional({
    description: 'Why the bill could not be read; absent when it could.',
    example: 'GET /billing/bill/list answered 403 FORBIDDEN: no permission',
  })
  error?: string;
}

export class BillView {
  @ApiProperty({ description: 'BILL_CHECK: whether it is checked a few times a day.', example: true })
  enabled!: boolean;

  @ApiProperty({ description: 'BILL_TOLERANCE_PERCENT.', example: 5 })
  tolerancePercent!: number;

  @ApiPropertyOptional({ type: BillRunView, description: 'The latest check; absent before the first.' })
  lastRun?: BillRunView;

  @ApiProperty({ type: [BillDayView], description: 'The latest first, at most 31; today is not among them.' })
  days!: BillDayView[];
}

export class BillCheckBegunView {
  @ApiProperty({ example: 'The check is begun.' })
  message!: string;
}

export const BILL_EXAMPLE: BillView = {
  enabled: true,
  tolerancePercent: 5,
  lastRun: { at: '2026-03-02T13:00:00.000Z', trigger: 'schedule' },
  days: [
    {
      day: '2026-03-01',
      checkedAt: '2026-03-02T13:00:00.000Z',
      meteredUsd: 12.5,
      billedUsd: 14.1,
      differenceUsd: 1.6,
      differencePercent: 11.3,
      differs: true,
      monthly: { instances: 0, usd: 0 },
      instances: [
        {
          instanceId: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
          novitaInstanceId: '0123456789abcdef',
          name: 'llama-inference',
          meteredUsd: 8.4,
          billedUsd: 10,
        },
      ],
      others: { instances: 3, meteredUsd: 4.1, billedUsd: 4.1 },
    },
  ],
};

export const BILL_BEGUN_EXAMPLE: BillCheckBegunView = { message: 'The check is begun.' };
