import { INSTANCE_STATUSES, type InstanceQuery, type InstanceSort, type InstanceStatus } from '@app/instance-store';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsIn, IsInt, IsString, Length, Matches, Max, Min } from 'class-validator';
import { Optional } from '../http/optional.decorator.js';
import { present } from '../http/present.js';
import { splitList } from '../http/split-list.js';

const SORTS = ['-createdAt', 'createdAt', 'name', '-name'] as const satisfies readonly InstanceSort[];
const DEFAULT_LIMIT = 50;

export class ListInstancesQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: 200, default: DEFAULT_LIMIT })
  @Optional()
  @Type(() => Number)
  @IsInt({ message: 'must be a whole number from 1 to 200' })
  @Min(1, { message: 'must be a whole number from 1 to 200' })
  @Max(200, { message: 'must be a whole number from 1 to 200' })
  limit?: number;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before, with the same filters and order.' })
  @Optional()
  @IsString({ message: 'must be given once' })
  @Length(1, 1000, { message: 'must be 1 to 1000 characters' })
  cursor?: string;

  @ApiPropertyOptional({
    description: 'Any of these, separated by commas.',
    type: String,
    example: 'ready,running',
  })
  @Optional()
  @Transform(({ value }: { value: unknown }) => splitList(value))
  @IsIn(INSTANCE_STATUSES, { each: true, message: `must be one or more of ${INSTANCE_STATUSES.join(', ')}` })
  status?: InstanceStatus[];

  @ApiPropertyOptional({ example: 'CN-HK-01' })
  @Optional()
  @IsString({ message: 'must be given once' })
  @Length(1, 255, { message: 'must be 1 to 255 characters' })
  region?: string;

  @ApiPropertyOptional({ description: 'Names that start with this.', example: 'llama' })
  @Optional()
  @Matches(/^[A-Za-z0-9-]{1,200}$/, { message: 'must be 1 to 200 letters, digits and hyphens' })
  name?: string;

  @ApiPropertyOptional({ enum: SORTS, default: '-createdAt' })
  @Optional()
  @IsIn(SORTS, { message: `must be one of ${SORTS.join(', ')}` })
  sort?: InstanceSort;
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
