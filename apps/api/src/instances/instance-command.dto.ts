import { INSTANCE_STATUSES, type InstanceStatus } from '@app/instance-store';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsISO8601, Length, Matches } from 'class-validator';
import { Optional } from '../http/optional.decorator.js';

export class ByNameInput {
  @ApiProperty({ description: 'Exactly this name.', example: 'llama-inference' })
  @Matches(/^[A-Za-z0-9-]+$/, { message: 'must be letters, digits and hyphens' })
  @Length(1, 200, { message: 'must be 1 to 200 characters' })
  instanceName!: string;
}

export class StopAllInput {
  @ApiPropertyOptional({ description: 'Only tell what would be stopped.', default: false, example: true })
  @Optional()
  @IsBoolean({ message: 'must be true or false' })
  dryRun?: boolean;
}

export class LastUsedInput {
  @ApiPropertyOptional({
    description: 'When it was used; absent: now. Not in the future and not before the instance started.',
    format: 'date-time',
    example: '2026-03-01T10:00:00.000Z',
  })
  @Optional()
  @IsISO8601(
    { strict: true, strictSeparator: true },
    { message: 'must be an ISO 8601 time such as 2026-03-01T10:00:00Z' },
  )
  lastUsedAt?: string;

  @ApiPropertyOptional({
    description: 'Who reports it; shown among the signs of use, after the name of the key.',
    example: 'inference-gateway',
  })
  @Optional()
  @Matches(/^[A-Za-z0-9._:/-]{1,100}$/, { message: 'must be 1 to 100 letters, digits and . _ : / -' })
  source?: string;
}

export class LastUsedAnswer {
  @ApiProperty({ example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiProperty({
    description: 'The latest use that is known: the reported one, unless a later one was reported before.',
    format: 'date-time',
    example: '2026-03-01T10:00:00.000Z',
  })
  lastUsedAt!: string;

  @ApiProperty({
    enum: INSTANCE_STATUSES,
    enumName: 'InstanceStatus',
    description: 'As it stands: a report does not revoke a stop that is decided.',
    example: 'ready',
  })
  status!: InstanceStatus;

  @ApiProperty({ example: 'Last used time updated' })
  message!: string;
}
