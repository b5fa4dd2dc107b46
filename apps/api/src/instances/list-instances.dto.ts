import {
  ATTENTION_REASONS,
  type AttentionReason,
  BILLING_MODES,
  type BillingMode,
  FLEET_FIGURES,
  FLEET_SORT_KEYS,
  type FleetFigure,
  type FleetFilter,
  type FleetQuery,
  type FleetSort,
  IDLE_REASONS,
  type IdleReason,
  INSTANCE_STATUSES,
  type InstanceOrigin,
  type InstanceStatus,
  LONGEST_PAGE,
} from '@app/instance-store';
import { applyDecorators } from '@nestjs/common';
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
/** Values of one filter, and characters of each. */
const MAX_VALUES = 50;
const LONGEST_TEXT = 255;
/** Terminated ones are kept for a while, and are of interest to those who ask for them. */
const SHOWN_STATUSES = INSTANCE_STATUSES.filter((status) => status !== 'terminated');

/** Several texts, separated by commas. */
function QueryTexts(): PropertyDecorator {
  return applyDecorators(
    Optional(),
    Transform(({ value }: { value: unknown }) => splitList(value)),
    Follows((value) => {
      const isList = Array.isArray(value) && value.length <= MAX_VALUES;
      return isList && value.every(isQueryText)
        ? null
        : `must be at most ${MAX_VALUES} texts of 1 to ${LONGEST_TEXT} characters`;
    }),
  );
}

/** Several of a closed set, separated by commas. */
function QueryChoices(allowed: readonly string[]): PropertyDecorator {
  return applyDecorators(
    Optional(),
    Transform(({ value }: { value: unknown }) => splitList(value)),
    Follows((value) => {
      const isList = Array.isArray(value) && value.length <= MAX_VALUES;
      return isList && value.every((one) => allowed.includes(one))
        ? null
        : `must be one or more of ${allowed.join(', ')}`;
    }),
  );
}

function isQueryText(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= LONGEST_TEXT;
}

function choices(allowed: readonly string[]) {
  return {
    type: String,
    description: `Any of these, separated by commas: ${allowed.map((one) => `\`${one}\``).join(', ')}.`,
  } as const;
}

/** Which instances are meant. */
export class FleetFilterQuery {
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
    type: String,
    description:
      'Any of these, separated by commas: regions as a create accepts them, by name or id, with or without the place in brackets, in any case.',
    example: 'CN-HK-01',
  })
  @QueryTexts()
  region?: string[];

  @ApiPropertyOptional({ description: 'Anywhere in the name, in any case.', example: 'llama' })
  @Optional()
  @IsQueryText(INSTANCE_NAME)
  name?: string;

  @ApiPropertyOptional({
    description: "Anywhere in name, id, Novita's id, image, template or product, in any case.",
    example: 'vllm',
  })
  @Optional()
  @IsQueryText({ min: 1, max: 200 })
  search?: string;

  @ApiPropertyOptional({
    type: String,
    description: "Any of these, separated by commas: each the product's id, or anywhere in its name, in any case.",
    example: 'RTX 4090',
  })
  @QueryTexts()
  product?: string[];

  @ApiPropertyOptional({
    type: String,
    description: "Who made it, as the instance's `owner` says: any of these, separated by commas.",
    example: 'user:ci',
  })
  @QueryTexts()
  owner?: string[];

  @ApiPropertyOptional({ ...choices(ORIGINS), example: 'managed,adopted' })
  @QueryChoices(ORIGINS)
  origin?: InstanceOrigin[];

  @ApiPropertyOptional({ ...choices(BILLING_MODES), example: 'monthly' })
  @QueryChoices(BILLING_MODES)
  billing?: BillingMode[];

  @ApiPropertyOptional({
    enum: FLEET_FIGURES,
    description:
      'The instances that a figure of `GET /instances/summary` counts: what is billed as running, billed at all, or billed though stopped; what idles; what needs attention.',
  })
  @Optional()
  @IsQueryChoice(FLEET_FIGURES)
  show?: FleetFigure;

  @ApiPropertyOptional({
    ...choices(IDLE_REASONS),
    description: 'Idle for any of these reasons, separated by commas: what `idle.byReason` of the summary counts.',
    example: 'due,autoStopOff',
  })
  @QueryChoices(IDLE_REASONS)
  idleReason?: IdleReason[];

  @ApiPropertyOptional({
    ...choices(ATTENTION_REASONS),
    description:
      'Needs attention for any of these reasons, separated by commas. `unconfirmed`: its stop or delete waits for Novita for longer than CONFIRM_PATIENCE. `overdue`: it should have been observed more than a minute ago. `missing`: listings lack it.',
    example: 'failed,unconfirmed',
  })
  @QueryChoices(ATTENTION_REASONS)
  attention?: AttentionReason[];

  @ApiPropertyOptional({
    type: String,
    description:
      'At least so long idle: a number with `s`, `m`, `h` or `d`; without a unit, minutes. Counted since the latest of becoming ready, the last reported use and the end of a lease, whether or not auto-stop acts on it. Only what is `ready` or `running` is idle. May lag by 2 s.',
    example: '30m',
  })
  @Optional()
  @Follows((value) => (idleMs(value) === null ? 'must be a time such as 90s, 30m, 2h or 1d' : null))
  idle?: string;
}

export class ListInstancesQuery extends FleetFilterQuery {
  @QueryLimit(LONGEST_PAGE, DEFAULT_LIMIT)
  limit?: number;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before, with the same filters and order.' })
  @Optional()
  @IsQueryText({ min: 1, max: 1000 })
  cursor?: string;

  @ApiPropertyOptional({
    enum: SORTS,
    default: '-createdAt',
    description:
      'With a hyphen: descending. An unknown price, idle time, uptime, cost or region counts as the least of all: `-idle` begins with the longest idle. `stopsAt` begins with the one that auto-stop stops next; `cost` is what it has cost so far.',
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
    ...toFleetFilter(query),
  };
}

/** Regions are as they were written: `KnownRegions` says what they mean. */
export function toFleetFilter(query: FleetFilterQuery): FleetFilter {
  return {
    ...present('statuses', statusesOf(query.status)),
    ...present('regions', query.region),
    ...present('name', query.name),
    ...present('search', query.search),
    ...present('products', query.product),
    ...present('owners', query.owner),
    ...present('origins', query.origin),
    ...present('billings', query.billing),
    ...present('show', query.show),
    ...present('idleReasons', query.idleReason),
    ...present('attention', query.attention),
    ...present('idleForMs', idleMs(query.idle)),
  };
}

/** @returns null for every status */
function statusesOf(asked: FleetFilterQuery['status']): readonly InstanceStatus[] | null {
  if (asked === undefined) return SHOWN_STATUSES;
  const statuses = asked.filter((status) => status !== ALL);
  return statuses.length === 0 ? null : statuses;
}
