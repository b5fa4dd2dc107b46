import { MIGRATION_FALLBACKS } from '@app/instance-store';
import type { CandidateVerdict, MigrationCheckReport, MigrationStanding, RetriedMigration } from '@app/migration';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { OptionalNotNull } from '../core/http/input-members.js';
import { IsFlag } from '../core/http/input-rules.js';

const MOMENT = { format: 'date-time', example: '2026-03-01T10:00:00.000Z' } as const;
const VERDICTS: readonly CandidateVerdict['verdict'][] = ['migrate', 'leave'];
const OUTCOMES: readonly CandidateVerdict['outcome'][] = ['handed-over', 'left', 'changed-meanwhile', 'nothing-done'];
const ACTIONS: readonly RetriedMigration['action'][] = ['retried', 'would-retry', 'skipped', 'failed'];

/** Of both ways to begin something by hand. */
export class MigrationTriggerInput {
  @ApiPropertyOptional({ description: 'Only say what would be done.', default: false, example: true })
  @OptionalNotNull()
  @IsFlag()
  dryRun?: boolean;
}

/** What one check for reclaimed spot instances found and did. */
export class MigrationCheckView {
  @ApiProperty({ example: '01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  checkId!: string;

  @ApiProperty({ enum: ['schedule', 'manual'], example: 'schedule' })
  trigger!: MigrationCheckReport['trigger'];

  @ApiProperty({ example: false })
  dryRun!: boolean;

  @ApiProperty({ ...MOMENT })
  startTime!: string;

  @ApiProperty({ ...MOMENT })
  endTime!: string;

  @ApiProperty({
    description: 'Instances of ours that are down and of which Novita says that it reclaimed them.',
    example: 2,
  })
  checked!: number;

  @ApiProperty({ description: 'Of them, those that are to be migrated now.', example: 1 })
  eligible!: number;

  @ApiProperty({ description: 'Of these, those that were handed over to be migrated.', example: 1 })
  handedOver!: number;
}

/** What is bought in the place of an instance of whose product Novita has no machine. */
export class MigrationReplacementView {
  @ApiProperty({ description: 'Whether an offer fits.', example: true })
  wouldBuy!: boolean;

  @ApiPropertyOptional({ description: 'Why nothing would be bought.', example: 'the price of RTX 4090 is not known' })
  reason?: string;

  @ApiPropertyOptional({ example: 'RTX 4090 24GB' })
  productName?: string;

  @ApiPropertyOptional({ example: '4090.16c62g.us' })
  productId?: string;

  @ApiPropertyOptional({ description: 'Absent when Novita chooses the place.', example: 'US-CA-06' })
  region?: string;

  @ApiPropertyOptional({ description: 'USD per hour for all its GPUs.', example: 0.21 })
  pricePerHour?: number;

  @ApiPropertyOptional({ description: 'USD per hour that the cap on the price counts from.', example: 0.18 })
  agreedPricePerHour?: number;
}

const IF_OUT_OF_STOCK = {
  type: MigrationReplacementView,
  description:
    'In a dry run with MIGRATION_FALLBACK=same-or-better: what would be bought now if Novita had no machine to migrate to.',
} as const;

export class MigrationVerdictView {
  @ApiProperty({ example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiProperty({ example: 'llama-inference' })
  name!: string;

  @ApiProperty({ enum: VERDICTS, example: 'migrate' })
  verdict!: CandidateVerdict['verdict'];

  @ApiProperty({ example: 'Novita has reclaimed it at 2026-03-01T09:58:00.000Z' })
  reason!: string;

  @ApiProperty({ enum: OUTCOMES, description: 'What came of it; a dry run does nothing.', example: 'nothing-done' })
  outcome!: CandidateVerdict['outcome'];

  @ApiPropertyOptional(IF_OUT_OF_STOCK)
  ifOutOfStock?: MigrationReplacementView;
}

export class MigrationCheckReportView extends MigrationCheckView {
  @ApiProperty({ type: [MigrationVerdictView], description: 'At most 1,000.' })
  verdicts!: MigrationVerdictView[];
}

export class MigrationTriggerReportAnswer {
  @ApiProperty({ example: true })
  success!: boolean;

  @ApiProperty({ example: 'Dry run: 1 of 2 reclaimed instances would be migrated' })
  message!: string;

  @ApiProperty({ type: MigrationCheckReportView })
  data!: MigrationCheckReportView;
}

export class MigrationTriggerBegunData {
  @ApiProperty({
    description: '`lastRun` in the status has it when it is over.',
    example: '01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
  })
  checkId!: string;

  @ApiProperty({ enum: [false], example: false })
  dryRun!: false;
}

export class MigrationTriggerBegunAnswer {
  @ApiProperty({ example: true })
  success!: boolean;

  @ApiProperty({
    example: 'The check is begun; GET /api/v1/instances/migration/scheduler/status shows what came of it',
  })
  message!: string;

  @ApiProperty({ type: MigrationTriggerBegunData })
  data!: MigrationTriggerBegunData;
}

export class MigrationStatusData {
  @ApiProperty({ description: 'MIGRATION_ENABLED.', example: true })
  enabled!: boolean;

  @ApiProperty({ description: 'MIGRATION_INTERVAL_MINUTES; may be fractional.', example: 15 })
  intervalMinutes!: number;

  @ApiProperty({ enum: MIGRATION_FALLBACKS, description: 'MIGRATION_FALLBACK.', example: 'same-product' })
  fallback!: MigrationStanding['fallback'];

  @ApiProperty({ description: 'MIGRATION_TIMEOUT; may be fractional.', example: 30 })
  timeoutMinutes!: number;

  @ApiProperty({ description: 'Migrations under way in the whole fleet; at most 5.', example: 1 })
  inFlight!: number;

  @ApiPropertyOptional({
    type: MigrationCheckView,
    description: 'The latest check that was no dry run; absent before the first.',
  })
  lastRun?: MigrationCheckView;

  @ApiPropertyOptional({ ...MOMENT, description: 'When the next check begins; absent when none is planned.' })
  nextRun?: string;

  @ApiProperty({ description: 'Reclaimed instances found by all checks so far.', example: 7 })
  checked!: number;

  @ApiProperty({ example: 5 })
  eligible!: number;

  @ApiProperty({ example: 5 })
  handedOver!: number;
}

export class MigrationStatusAnswer {
  @ApiProperty({ example: true })
  success!: boolean;

  @ApiProperty({ example: 'Migration is on; 1 is under way' })
  message!: string;

  @ApiProperty({ type: MigrationStatusData })
  data!: MigrationStatusData;
}

export class RetriedMigrationView {
  @ApiProperty({ example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiProperty({ example: 'llama-inference' })
  name!: string;

  @ApiProperty({ enum: ACTIONS, example: 'retried' })
  action!: RetriedMigration['action'];

  @ApiProperty({ example: 'its next attempt is brought forward' })
  reason!: string;

  @ApiPropertyOptional(IF_OUT_OF_STOCK)
  ifOutOfStock?: MigrationReplacementView;
}

export class RetryData {
  @ApiProperty({ example: false })
  dryRun!: boolean;

  @ApiProperty({ description: 'Failed migrations that were found.', example: 1 })
  checked!: number;

  @ApiProperty({ description: 'None in a dry run.', example: 1 })
  retried!: number;

  @ApiProperty({ description: 'Whether more have failed than one request retries.', example: false })
  more!: boolean;

  @ApiProperty({ type: [RetriedMigrationView], description: 'At most 1,000.' })
  instances!: RetriedMigrationView[];
}

export class RetryAnswer {
  @ApiProperty({ description: 'False when one of them could not be changed.', example: true })
  success!: boolean;

  @ApiProperty({ example: '1 of 1 failed migrations is tried again' })
  message!: string;

  @ApiProperty({ type: RetryData })
  data!: RetryData;
}
