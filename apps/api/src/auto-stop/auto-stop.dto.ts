import type { CheckReport, InstanceVerdict } from '@app/auto-stop';
import { ApiProperty, ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { OptionalNotNull } from '../core/http/input-members.js';
import { IsFlag } from '../core/http/input-rules.js';
import { IDLE_COST_DESCRIPTION, IdleCostView } from '../instances/idle-cost.dto.js';
import { IdleView } from './explain.dto.js';

/** How savings are reckoned, for readers of the sums. */
export const SAVED_METHOD =
  'The price per hour of each instance that auto-stop has stopped, times the time for which it was stopped because of that.';

const MOMENT = { format: 'date-time', example: '2026-03-01T10:00:00.000Z' } as const;
const OUTCOMES: readonly InstanceVerdict['outcome'][] = [
  'kept',
  'warned',
  'stopped',
  'used-meanwhile',
  'failed',
  'nothing-done',
];

export class TriggerInput {
  @ApiPropertyOptional({ description: 'Only report what would be done.', default: false, example: true })
  @OptionalNotNull()
  @IsFlag()
  dryRun?: boolean;
}

/** What one check saw and did. */
export class CheckView {
  @ApiProperty({ example: '01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  checkId!: string;

  @ApiProperty({ enum: ['schedule', 'manual'], example: 'schedule' })
  trigger!: CheckReport['trigger'];

  @ApiProperty({ example: false })
  dryRun!: boolean;

  @ApiProperty({ ...MOMENT })
  startTime!: string;

  @ApiProperty({ ...MOMENT })
  endTime!: string;

  @ApiPropertyOptional({
    description: 'Why nothing could be stopped; absent when that is not so.',
    example: 'the last complete listing of Novita is 3 hours old',
  })
  suspended?: string;

  @ApiProperty({ description: 'Instances whose idle time was due to be evaluated.', example: 3 })
  checked!: number;

  @ApiProperty({ description: 'Of them, those whose time was up.', example: 1 })
  eligible!: number;

  @ApiProperty({ example: 1 })
  warned!: number;

  @ApiProperty({ example: 1 })
  stopped!: number;

  @ApiProperty({ example: 0 })
  failed!: number;

  @ApiProperty({ description: 'Whether more were due than one check handles.', example: false })
  more!: boolean;
}

export class VerdictView extends PickType(IdleView, [
  'instanceId',
  'verdict',
  'rule',
  'exemption',
  'reason',
  'idleSince',
  'stopAt',
  'nextEvaluation',
  'signs',
  'whatWouldChangeIt',
  'evaluatedAt',
] as const) {
  @ApiProperty({ example: 'llama-inference' })
  name!: string;

  @ApiPropertyOptional({ description: 'USD.', example: 0.35 })
  pricePerHour?: number;

  @ApiProperty({ enum: OUTCOMES, description: 'What came of it; a dry run does nothing.', example: 'nothing-done' })
  outcome!: InstanceVerdict['outcome'];

  @ApiPropertyOptional({ description: 'Of a failure: what went wrong.', example: 'Redis cannot be reached' })
  detail?: string;
}

export class CheckReportView extends CheckView {
  @ApiProperty({ type: [VerdictView], description: 'At most 1,000.' })
  verdicts!: VerdictView[];
}

export class TriggerReportAnswer {
  @ApiProperty({ description: 'False when one of them could not be evaluated.', example: true })
  success!: boolean;

  @ApiProperty({ example: 'Dry run: 1 would be stopped; 3 instances checked' })
  message!: string;

  @ApiProperty({ type: CheckReportView })
  data!: CheckReportView;
}

export class TriggerBegunData {
  @ApiProperty({
    description: '`lastRun` in the statistics has it when it is over.',
    example: '01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
  })
  checkId!: string;

  @ApiProperty({ enum: [false], example: false })
  dryRun!: false;
}

export class TriggerBegunAnswer {
  @ApiProperty({ example: true })
  success!: boolean;

  @ApiProperty({ example: 'The check is begun; GET /api/v1/instances/auto-stop/stats shows what came of it' })
  message!: string;

  @ApiProperty({ type: TriggerBegunData })
  data!: TriggerBegunData;
}

export class SavedDayView {
  @ApiProperty({ description: 'Of UTC.', format: 'date', example: '2026-03-01' })
  day!: string;

  @ApiProperty({ example: 4.2 })
  usd!: number;
}

export class AutoStopStatsData {
  @ApiProperty({ description: 'AUTO_STOP_ENABLED.', example: true })
  enabled!: boolean;

  @ApiProperty({ description: 'Time from one check to the next.', example: 5 })
  intervalMinutes!: number;

  @ApiProperty({ description: "The fleet's default: how long an instance may stand unused.", example: 20 })
  thresholdMinutes!: number;

  @ApiProperty({ description: 'How long before its stop a warning goes out; 0 for none.', example: 5 })
  warningMinutes!: number;

  @ApiPropertyOptional({
    type: CheckView,
    description: 'The latest check that was no dry run; absent before the first.',
  })
  lastRun?: CheckView;

  @ApiPropertyOptional({
    ...MOMENT,
    description: 'Absent when no job exists that would begin it.',
  })
  nextRun?: string;

  @ApiProperty({ description: 'Since the first check, as are the next three.', example: 1200 })
  checked!: number;

  @ApiProperty({ example: 40 })
  eligible!: number;

  @ApiProperty({ example: 38 })
  stopped!: number;

  @ApiProperty({ example: 0 })
  failed!: number;

  @ApiPropertyOptional({
    description: 'Why nothing is stopped at present; absent when that is not so.',
    example: 'the last complete listing of Novita is 3 hours old',
  })
  suspended?: string;

  @ApiProperty({ type: IdleCostView, nullable: true, description: IDLE_COST_DESCRIPTION })
  idle!: IdleCostView | null;

  @ApiProperty({ description: "USD, in all: since the fleet's first day.", example: 123.4 })
  savedUsd!: number;

  @ApiProperty({ type: [SavedDayView], description: 'The last 62 days, as far as something was saved.' })
  savedByDay!: SavedDayView[];

  @ApiProperty({ description: 'How the savings are computed.', example: SAVED_METHOD })
  savedMethod!: string;
}

export class AutoStopStatsAnswer {
  @ApiProperty({ example: true })
  success!: boolean;

  @ApiProperty({ example: 'Auto-stop is on' })
  message!: string;

  @ApiProperty({ type: AutoStopStatsData })
  data!: AutoStopStatsData;
}
