import {
  BILLING_MODES,
  type BillingMode,
  FLEET_SORT_KEYS,
  type FleetQuery,
  type FleetSort,
  INSTANCE_STATUSES,
  type InstanceOrigin,
  type InstanceStatus,
  LONGEST_PAGE,
} from '@app/instance-store';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { present } from '../core/http/answer.js';
import { Optional, QueryLimit, splitList } from '../core/http/input-members.js';
import { Follows, IsQueryChoice, IsQueryText } from '../core/http/input-rules.js';
import { INSTANCE_NAME } from './create-rules.js';

const SORTS: readonly FleetSort[] = FLEET_SORT_KEYS.flatMap((key): FleetSort[] => [key, `-${key}`]);
const ORIGINS = ['managed', 'adopted', 'discovered'] as const satisfies readonly InstanceOrigin[];
const DEFAULT_LIMIT = 50;
const ALL = 'all';
/** Terminated ones are kept for a while, and are of interest to those who ask for them. */
const SHOWN_STATUSES = INSTANCE_STATUSES.filter((status) => status !== 'terminated');

export class ListInstancesQuery {
  @QueryLimit(LONGEST_PAGE, DEFAULT_LIMIT)
  limit?: number;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before, with the same filters and order.' })
  @Optional()
  @IsQueryText({ min: 1, max: 1000 })
  cursor?: string;

  @ApiPropertyOptional({
    description:
      'Any of these, separated by commas; `all` for every status. Without it, all but terminated ones are listed.',
    type: String,
    example: 'ready,running',
  })
  @Optional()
  @Transform(({ value }: { value: unknown }) => splitList(value))
  @Follows((value) => (areStatuses(value) ? null : `must be ${ALL}, or one or more of ${INSTANCE_STATUSES.join(', ')}`))
  status?: (InstanceStatus | typeof ALL)[];

  @ApiPropertyOptional({
    description: 'A region as a create accepts it: name or id, with or without the place in brackets, in any case.',
    example: 'CN-HK-01',
  })
  @Optional()
  @IsQueryText({ min: 1, max: 255 })
  region?: string;

  @ApiPropertyOptional({ description: 'Anywhere in the name, in any case.', example: 'llama' })
  @Optional()
  @IsQueryText(INSTANCE_NAME)
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
    type: String,
    description:
      'At least so long idle: a number with `s`, `m`, `h` or `d`; without a unit, minutes. Counted since the latest of becoming ready, the last reported use and the end of a lease, whether or not auto-stop acts on it. Only what is `ready` or `running` is idle. May lag by 2 s.',
    example: '30m',
  })
  @Optional()
  @Follows((value) => (idleMs(value) === null ? 'must be a time such as 90s, 30m, 2h or 1d' : null))
  idle?: string;

  @ApiPropertyOptional({
    enum: SORTS,
    default: '-createdAt',
    description:
      'With a hyphen: descending. An unknown price, idle time, uptime or region counts as the least of all: `-idle` begins with the longest idle.',
  })
  @Optional()
  @IsQueryChoice(SORTS)
  sort?: FleetSort;
}

const IDLE_UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds; null for what says no time. */
function idleMs(value: unknown): number | null {
  const parts = typeof value === 'string' ? /^(\d{1,9}(?:\.\d{1,3})?)([smhd]?)$/.exec(value) : null;
  if (parts === null) return null;
  const unitMs = IDLE_UNITS_MS[parts[2] === undefined || parts[2] === '' ? 'm' : parts[2]];
  return unitMs === undefined ? null : Number(parts[1]) * unitMs;
}

function areStatuses(value: unknown): boolean {
  if (Array.isArray(value) && value.length === 1 && value[0] === ALL) return true;
  return Array.isArray(value) && value.every((status) => INSTANCE_STATUSES.some((known) => known === status));
}

export function toFleetQuery(query: ListInstancesQuery): FleetQuery {
  return {
    limit: query.limit ?? DEFAULT_LIMIT,
    sort: query.sort ?? '-createdAt',
    ...present('cursor', query.cursor),
    ...present('statuses', statusesOf(query.status)),
    ...present('region', query.region),
    ...present('name', query.name),
    ...present('product', query.product),
    ...present('origin', query.origin),
    ...present('billing', query.billing),
    ...present('idleForMs', idleMs(query.idle)),
  };
}

/** @returns null for every status */
function statusesOf(asked: ListInstancesQuery['status']): readonly InstanceStatus[] | null {
  if (asked === undefined) return SHOWN_STATUSES;
  const statuses = asked.filter((status) => status !== ALL);
  return statuses.length === 0 ? null : statuses;
}
