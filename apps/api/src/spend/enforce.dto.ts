import { SPEND_SKIPS } from '@app/spend';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsFlag } from '../core/http/input-rules.js';

export class EnforceSpendInput {
  @ApiProperty({
    description: 'true: only report what would be stopped. false: have a check run now instead of within a minute.',
    example: true,
  })
  @IsFlag()
  dryRun!: boolean;
}

export class ReachedLimitView {
  @ApiPropertyOptional({ description: 'Whose it is; absent for that of the fleet.', example: 'user:ci' })
  owner?: string;

  @ApiProperty({ description: 'USD.', example: 51.2 })
  spentUsd!: number;

  @ApiProperty({ description: 'USD.', example: 50 })
  limitUsd!: number;
}

export class SpendStopView {
  @ApiProperty({ example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiProperty({ example: 'llama-inference' })
  name!: string;

  @ApiPropertyOptional({ description: 'Who made it; absent when that is not known.', example: 'user:ci' })
  owner?: string;

  @ApiPropertyOptional({ description: 'USD; absent when it is not known.', example: 0.35 })
  pricePerHour?: number;

  @ApiProperty({ description: 'Whether nobody uses it, by what is known.', example: true })
  idle!: boolean;
}

export class EnforceSpendView {
  @ApiProperty({ example: true })
  dryRun!: boolean;

  @ApiProperty({ description: 'Whether SPEND_ENFORCE says `stop`. Otherwise nothing is stopped.', example: true })
  stops!: boolean;

  @ApiProperty({ format: 'date', description: 'Of UTC.', example: '2026-03-01' })
  day!: string;

  @ApiProperty({ type: [ReachedLimitView], description: 'The limits that are reached.' })
  reached!: ReachedLimitView[];

  @ApiProperty({
    type: [SpendStopView],
    description: 'What a check stops, the first to be stopped first; at most 200.',
  })
  stopping!: SpendStopView[];

  @ApiProperty({ type: 'integer', description: 'All that are to be stopped.', example: 1 })
  total!: number;

  @ApiProperty({
    type: 'object',
    properties: Object.fromEntries(SPEND_SKIPS.map((why) => [why, { type: 'integer' }])),
    description:
      'How many of those that run are left running, by why. All 0 while no limit is reached, since nothing is looked at then.',
    example: { leased: 1 },
  })
  skipped!: Readonly<Record<string, number>>;
}

export const ENFORCE_SPEND_EXAMPLE: EnforceSpendView = {
  dryRun: true,
  stops: true,
  day: '2026-03-01',
  reached: [{ owner: 'user:ci', spentUsd: 51.2, limitUsd: 50 }],
  stopping: [
    {
      instanceId: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
      name: 'llama-inference',
      owner: 'user:ci',
      pricePerHour: 0.35,
      idle: true,
    },
  ],
  total: 1,
  skipped: { 'within-limit': 3, 'made-elsewhere': 0, monthly: 0, leased: 1, allowed: 0, 'not-running': 0, busy: 0 },
};
