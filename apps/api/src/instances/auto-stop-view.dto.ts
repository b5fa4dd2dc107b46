import { HELD_ACTORS, type HeldActor, HOLD_OUTCOMES, type HoldOutcome } from '@app/instance-store';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';

const MOMENT = { format: 'date-time', example: '2026-03-01T10:20:00.000Z' } as const;

/* How an instance is stopped by itself, and what such a stop waits for, as HTTP shows it. */

export class AutoStopLeaseView {
  @ApiProperty({ ...MOMENT })
  until!: string;

  @ApiProperty({ example: 'user:ci' })
  by!: string;

  @ApiProperty({ example: 'training run 42' })
  reason!: string;
}

export class AutoStopView {
  @ApiPropertyOptional({ description: "Absent: as the fleet's default says.", example: true })
  enabled?: boolean;

  @ApiPropertyOptional({ description: "Minutes without use; absent: as the fleet's default says.", example: 20 })
  thresholdMinutes?: number;

  @ApiPropertyOptional({
    description: 'Minutes for which webhook endpoints may hold its stop or migration; absent: STOP_HOLD_TIMEOUT.',
    example: 10,
  })
  holdMinutes?: number;

  @ApiPropertyOptional({ type: AutoStopLeaseView })
  lease?: AutoStopLeaseView;
}

@ApiSchema({ name: 'Lifetime' })
export class LifetimeView {
  @ApiProperty({ description: 'From its creation on, in minutes.', example: 480 })
  maxMinutes!: number;

  @ApiProperty({ ...MOMENT, description: 'When it is stopped, whatever its use; it is not started after that.' })
  endsAt!: string;
}

@ApiSchema({ name: 'HoldingEndpoint' })
export class HoldingEndpointView {
  @ApiProperty({ example: 'whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  endpointId!: string;

  @ApiPropertyOptional({ ...MOMENT, description: 'When it answered 2xx; absent while it has not.' })
  releasedAt?: string;
}

/** Why a stop that no person asked for waits, or did. */
@ApiSchema({ name: 'StopHold' })
export class StopHoldView {
  @ApiProperty({ enum: HELD_ACTORS, description: 'Whose stop waits.', example: 'auto-stop' })
  by!: HeldActor;

  @ApiProperty({ ...MOMENT, description: 'Since when it waits.' })
  since!: string;

  @ApiProperty({ ...MOMENT, description: 'It waits no longer than until then.' })
  until!: string;

  @ApiProperty({ description: 'Why it is to be stopped.', example: 'Not used for 20 min.' })
  reason!: string;

  @ApiProperty({ type: [HoldingEndpointView], description: 'The endpoints whose answer it waits for.' })
  waitsFor!: HoldingEndpointView[];

  @ApiPropertyOptional({ ...MOMENT, description: 'Absent while it waits.' })
  endedAt?: string;

  @ApiPropertyOptional({
    enum: HOLD_OUTCOMES,
    description:
      '`released`: every endpoint has answered. `timed-out`: its time was over. `ended-by-person`: somebody has stopped or deleted it. `called-off`: it is not to be stopped any more, as it is in use.',
    example: 'released',
  })
  outcome?: HoldOutcome;

  @ApiPropertyOptional({ description: 'Who ended it.', example: 'auto-stop' })
  endedBy?: string;
}
