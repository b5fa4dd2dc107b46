import { MIGRATION_STATES, type MigrationState } from '@app/instance-store';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** A moment in the answers: ISO 8601, UTC, milliseconds. */
const MOMENT = { format: 'date-time', example: '2026-03-01T10:00:00.000Z' } as const;

export class SpotView {
  @ApiProperty({
    description: "Novita's own word: `running`, `notified`, `reclaiming` or `terminated`.",
    example: 'notified',
  })
  status!: string;

  @ApiPropertyOptional({ ...MOMENT, description: 'When Novita takes, or took, the machine back.' })
  reclaimAt?: string;

  @ApiPropertyOptional({ ...MOMENT, description: 'When a read of Novita first showed the present reclaim.' })
  firstSeenAt?: string;
}

/** An instance that is, or is being, bought in place of a migration. */
export class BoughtInsteadView {
  @ApiProperty({ example: 'RTX 4090 24GB' })
  product!: string;

  @ApiPropertyOptional({ example: 'US-01 (Dallas)' })
  region?: string;

  @ApiPropertyOptional({ description: 'USD per hour.', example: 0.21 })
  pricePerHour?: number;

  @ApiPropertyOptional({ description: 'USD per hour from which the cap on the price counts.', example: 0.18 })
  agreedPricePerHour?: number;

  @ApiProperty({ description: 'Whether the purchase is known to have taken place.', example: true })
  isConfirmed!: boolean;
}

export class MigrationView {
  @ApiProperty({
    enum: MIGRATION_STATES,
    description:
      '`waiting`: reclaimed, and to be migrated. `requested`: the request was sent and its answer is not known. `under-way`: Novita migrates it. `starting`: on its new machine, on its way to ready. `done`. `failed`: tried again at `nextAttemptAt`, or given up where that is absent. `superseded`: somebody wanted something else before it was done.',
    example: 'under-way',
  })
  state!: MigrationState;

  @ApiProperty({ ...MOMENT, description: 'When a read of Novita first showed the reclaim.' })
  reclaimSeenAt!: string;

  @ApiProperty({ description: 'Requests to Novita for this reclaim.', example: 1 })
  attempts!: number;

  @ApiPropertyOptional({ ...MOMENT, description: 'When the latest of them was begun.' })
  requestedAt?: string;

  @ApiPropertyOptional({ ...MOMENT, description: 'When the next one may be made.' })
  nextAttemptAt?: string;

  @ApiPropertyOptional({ description: "Novita's job, once it is found.", example: '8f3k2m9x7q1w5e4r' })
  jobId?: string;

  @ApiPropertyOptional({
    type: BoughtInsteadView,
    description:
      'Novita had no machine to migrate to, and another instance takes its place (MIGRATION_FALLBACK=same-or-better). What was on the disks of the old one is not on it; the old one is deleted when the new one is ready.',
  })
  boughtInstead?: BoughtInsteadView;
}
