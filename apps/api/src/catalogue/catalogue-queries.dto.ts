import type { BillingMode } from '@app/instance-store';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsQueryChoice, IsQueryText } from '../http/input-rules.js';
import { Optional } from '../http/optional.decorator.js';
import { QueryFlag } from '../http/query-flag.decorator.js';

const BILLING_MODES = ['onDemand', 'monthly', 'spot'] as const satisfies readonly BillingMode[];

/** A part of a name, given once. */
function PartOfName(): PropertyDecorator {
  return IsQueryText({ min: 1, max: 255 });
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
  @IsQueryChoice(BILLING_MODES)
  billingMode?: BillingMode;

  @QueryFlag({ description: 'Only what is, or is not, in stock.' })
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
  @IsQueryChoice(['official', 'community', 'private'])
  channel?: string;
}
