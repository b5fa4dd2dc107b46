import { INSTANCE_STATUSES, type InstanceStatus } from '@app/instance-store';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsFlag, IsInstant, IsText } from '../http/input-rules.js';
import { Optional, OptionalNotNull } from '../http/optional.decorator.js';

export class ByNameInput {
  @ApiProperty({ description: 'Exactly this name.', example: 'llama-inference' })
  @IsText({
    min: 1,
    max: 200,
    form: { pattern: /^[A-Za-z0-9-]+$/, says: 'must be letters, digits and hyphens' },
  })
  instanceName!: string;
}

export class StopAllInput {
  @ApiPropertyOptional({ description: 'Only tell what would be stopped.', default: false, example: true })
  @OptionalNotNull()
  @IsFlag()
  dryRun?: boolean;
}

export class LastUsedInput {
  @ApiPropertyOptional({
    description:
      'When it was used, with Z or an offset; absent: now. Not in the future and not before the instance started.',
    format: 'date-time',
    example: '2026-03-01T10:00:00.000Z',
  })
  @Optional()
  @IsInstant()
  lastUsedAt?: string;

  @ApiPropertyOptional({
    description: 'Who reports it; shown among the signs of use, after the name of the key.',
    example: 'inference-gateway',
  })
  @Optional()
  @IsText({
    min: 1,
    max: 100,
    form: { pattern: /^[A-Za-z0-9._:/-]+$/, says: 'must be 1 to 100 letters, digits and . _ : / -' },
  })
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
