import type { BillingMode } from '@app/instance-store';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsString, Length } from 'class-validator';
import { Optional } from '../http/optional.decorator.js';

const BILLING_MODES = ['onDemand', 'monthly', 'spot'] as const satisfies readonly BillingMode[];

/** A part of a name, given once. */
function PartOfName(): PropertyDecorator {
  const once = IsString({ message: 'must be given once' });
  const short = Length(1, 255, { message: 'must be 1 to 255 characters' });
  return (target, property) => {
    once(target, property);
    short(target, property);
  };
}

export class ProductsQuery {
  @ApiPropertyOptional({ description: 'Part of the name; capitals do not matter.', example: '4090' })
  @Optional()
  @PartOfName()
  name?: string;

  @ApiPropertyOptional({ description: 'Only what is offered in this region.', example: 'CN-HK-01' })
  @Optional()
  @PartOfName()
  region?: string;

  @ApiPropertyOptional({
    enum: BILLING_MODES,
    description: 'Only what is offered so; then cheapest first in this mode.',
  })
  @Optional()
  @IsIn(BILLING_MODES, { message: `must be one of ${BILLING_MODES.join(', ')}` })
  billingMode?: BillingMode;

  @ApiPropertyOptional({ type: Boolean, description: 'Only what is, or is not, in stock.' })
  @Optional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean({ message: 'must be true or false' })
  inStock?: boolean;
}

export class ClustersQuery {
  @ApiPropertyOptional({ description: 'Only those with a GPU whose name holds this.', example: '4090' })
  @Optional()
  @PartOfName()
  gpu?: string;
}

export class TemplatesQuery {
  @ApiPropertyOptional({ description: 'Part of the name; capitals do not matter.', example: 'pytorch' })
  @Optional()
  @PartOfName()
  name?: string;

  @ApiPropertyOptional({ enum: ['official', 'community', 'private'] })
  @Optional()
  @IsIn(['official', 'community', 'private'], { message: 'must be one of official, community, private' })
  channel?: string;
}
