import { INSTANCE_STATUSES, type InstanceQuery, type InstanceSort, type InstanceStatus } from '@app/instance-store';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { Follows, IsQueryChoice, IsQueryText } from '../http/input-rules.js';
import { Optional } from '../http/optional.decorator.js';
import { present } from '../http/present.js';
import { QueryLimit } from '../http/query-limit.decorator.js';
import { splitList } from '../http/split-list.js';

const SORTS = ['-createdAt', 'createdAt', 'name', '-name'] as const satisfies readonly InstanceSort[];
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

  @ApiPropertyOptional({ example: 'CN-HK-01' })
  @Optional()
  @IsQueryText({ min: 1, max: 255 })
  region?: string;

  @ApiPropertyOptional({ description: 'Names that start with this.', example: 'llama' })
  @Optional()
  @IsQueryText({ min: 1, max: 200, form: { pattern: /^[A-Za-z0-9-]+$/, says: 'must be letters, digits and hyphens' } })
  name?: string;

  @ApiPropertyOptional({ enum: SORTS, default: '-createdAt' })
  @Optional()
  @IsQueryChoice(SORTS)
  sort?: InstanceSort;
}

function areStatuses(value: unknown): boolean {
  return Array.isArray(value) && value.every((status) => INSTANCE_STATUSES.some((known) => known === status));
}

export function toInstanceQuery(query: ListInstancesQuery): InstanceQuery {
  return {
    limit: query.limit ?? DEFAULT_LIMIT,
    sort: query.sort ?? '-createdAt',
    ...present('cursor', query.cursor),
    ...present('statuses', query.status),
    ...present('region', query.region),
    ...present('namePrefix', query.name),
  };
}
