import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsISO8601, IsString, Length, Max, Min, ValidateNested } from 'class-validator';
import { IsFlag } from '../core/http/input-rules.js';

const MOST_ACTS = 10_000;
const LONGEST_TEXT = 255;

export class WatchdogActInput {
  @ApiProperty({ example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  @IsString()
  @Length(1, LONGEST_TEXT)
  id!: string;

  @ApiProperty({ example: '6f1c2b9e0d' })
  @IsString()
  @Length(1, LONGEST_TEXT)
  novitaInstanceId!: string;

  @ApiProperty({ example: 'llama-inference' })
  @IsString()
  @Length(1, LONGEST_TEXT)
  name!: string;

  @ApiProperty({
    format: 'date-time',
    description: 'The deadline that had passed.',
    example: '2026-03-01T10:00:00.000Z',
  })
  @IsISO8601({ strict: true })
  stopAt!: string;

  @ApiProperty({ format: 'date-time', description: 'When it was stopped.', example: '2026-03-01T10:25:00.000Z' })
  @IsISO8601({ strict: true })
  at!: string;

  @ApiProperty({ description: 'Whether it would only have been stopped.', example: false })
  @IsFlag()
  dryRun!: boolean;
}

export class WatchdogReportInput {
  @ApiProperty({ description: 'Whether this watchdog only says what it would stop.', example: false })
  @IsFlag()
  dryRun!: boolean;

  @ApiProperty({ type: 'integer', description: 'Instances whose deadlines it remembers.', example: 12 })
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  remembered!: number;

  @ApiProperty({ type: [WatchdogActInput], description: 'What it did while the API was silent.', maxItems: MOST_ACTS })
  @IsArray()
  @ArrayMaxSize(MOST_ACTS)
  @ValidateNested({ each: true })
  @Type(() => WatchdogActInput)
  acts!: WatchdogActInput[];
}

export class WatchdogReportView {
  @ApiProperty({
    type: [String],
    description: 'Instances whose stop was taken over; those known as stopped are left out.',
  })
  taken!: string[];
}

export const WATCHDOG_REPORT_EXAMPLE: WatchdogReportInput = {
  dryRun: false,
  remembered: 12,
  acts: [
    {
      id: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
      novitaInstanceId: '6f1c2b9e0d',
      name: 'llama-inference',
      stopAt: '2026-03-01T10:00:00.000Z',
      at: '2026-03-01T10:25:00.000Z',
      dryRun: false,
    },
  ],
};
