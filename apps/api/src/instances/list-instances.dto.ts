import {
  type BillingMode,
  FLEET_SORT_KEYS,
  type FleetQuery,
  type FleetSort,
  INSTANCE_STATUSES,
  type InstanceOrigin,
  type InstanceStatus,
} from '@app/instance-store';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { Follows, IsQueryChoice, IsQueryText } from '../http/input-rules.js';
import { Optional } from '../http/optional.decorator.js';
import { present } from '../http/present.js';
import { QueryLimit } from '../http/query-limit.decorator.js';
import { splitList } from '../http/split-list.js';

const SORTS: readonly FleetSort[] = FLEET_SORT_KEYS.flatMap((key): FleetSort[] => [key, `-${key}`]);
const ORIGINS = ['managed', 'adopted', 'discovered'] as const satisfies readonly InstanceOrigin[];
const BILLING_MODES = ['onDemand', 'monthly', 'spot'] as const satisfies readonly BillingMode[];
const DEFAULT_LIMIT = 50;

export class ListInstancesQuery {
  @QueryLimit(200, DEFAULT_LIMIT)
  limit?: number;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before, with the same filters and order.' })
  @Optional()
  @IsQueryText({ min: 1, max: 1000 })
  cursor?: string;

  @ApiPropertyOptional({
    description: 'Any of these, separated by commas.',
    type: String,
    example: 'ready,running',
  })
  @Optional()
  @Transform(({ value }: { value: unknown }) => splitList(value))
  @Follows((value) => (areStatuses(value) ? null : `must be one or more of ${INSTANCE_STATUSES.join(', ')}`))
  status?: InstanceStatus[];

  @ApiPropertyOptional({
    description: 'A region as a create takes it: name or id, with or without the place in brackets, in any case.',
    example: 'CN-HK-01',
  })
  @Optional()
  @IsQueryText({ min: 1, max: 255 })
  region?: string;

  @ApiPropertyOptional({ description: 'Anywhere in the name, in any case.', example: 'llama' })
  @Optional()
  @IsQueryText({ min: 1, max: 200, form: { pattern: /^[A-Za-z0-9-]+$/, says: 'must be letters, digits and hyphens' } })
  name?: string;

  @ApiPropertyOptional({ description: "The product's id, or anywhere in its name, in any case.", example: 'RTX 4090' })
  @Optional()
  @IsQueryText({ min: 1, max: 255 })
  product?: string;

  @ApiPropertyOptional({ enum: ORIGINS })
  @Optional()
  @IsQueryChoice(ORIGINS)
  origin?: InstanceOrigin;

  @ApiPropertyOptional({ enum: BILLING_MODES })
  @Optional()
  @IsQueryChoice(BILLING_MODES)
  billing?: BillingMode;

  @ApiPropertyOptional({
    enum: SORTS,
    default: '-createdAt',
    description: 'With a hyphen: descending. An unknown price, uptime or region counts as the least of all.',
  })
  @Optional()
  @IsQueryChoice(SORTS)
  sort?: FleetSort;
}

function areStatuses(value: unknown): boolean {
  return Array.isArray(value) && value.every((status) => INSTANCE_STATUSES.some((known) => known === status));
}

export function toFleetQuery(query: ListInstancesQuery): FleetQuery {
  return {
    limit: query.limit ?? DEFAULT_LIMIT,
    sort: query.sort ?? '-createdAt',
    ...present('cursor', query.cursor),
    ...present('statuses', query.status),
    ...present('region', query.region),
    ...present('name', query.name),
    ...present('product', query.product),
    ...present('origin', query.origin),
    ...present('billing', query.billing),
  };
}
