import { INSTANCE_STATUSES, type InstanceStatus } from '@app/instance-store';
import {
  type FieldError,
  HOUR_MS,
  instantViolation,
  MINUTE_MS,
  parseTimestamp,
  SECOND_MS,
  type Timestamp,
  timestampFromMs,
  validationFailed,
} from '@app/platform';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Optional } from '../core/http/input-members.js';
import { Follows } from '../core/http/input-rules.js';

/** The longest range that Novita keeps finely enough to show. */
const LONGEST_MS = 24 * HOUR_MS;
/** The shortest that Novita measures over. */
const SHORTEST_MS = MINUTE_MS;
const STANDARD_MS = HOUR_MS;
/** The clock of a client may be ahead by so much. */
const SKEW_MS = MINUTE_MS;
/** Up to here a number is taken for seconds: until the year 5138. */
const MOST_DIGITS_OF_SECONDS = 11;

const A_TIME = { format: 'date-time', example: '2026-03-01T10:00:00.000Z' } as const;

/** A time with a zone, or a number of seconds or milliseconds since 1970. */
function IsInstantOrEpoch(): PropertyDecorator {
  return Follows((value) => {
    if (typeof value !== 'string') return 'must be given once';
    if (/^\d+$/.test(value)) return instantOf(value) === null ? 'must be a time up to the year 9999' : null;
    const violation = instantViolation(value);
    return violation === null ? null : `${violation}, or a number of seconds or milliseconds since 1970`;
  });
}

function instantOf(text: string): Timestamp | null {
  if (!/^\d+$/.test(text)) return parseTimestamp(text);
  return parseTimestamp(Number(text) * (text.length <= MOST_DIGITS_OF_SECONDS ? SECOND_MS : 1));
}

export class MetricsQuery {
  @ApiPropertyOptional({
    description: 'Default: an hour before `to`. A time with Z or an offset, or seconds or milliseconds since 1970.',
    example: '2026-03-01T09:00:00Z',
  })
  @Optional()
  @IsInstantOrEpoch()
  from?: string;

  @ApiPropertyOptional({
    description: 'Default: now. At most 24 h after `from`; written as `from`.',
    example: '2026-03-01T10:00:00Z',
  })
  @Optional()
  @IsInstantOrEpoch()
  to?: string;
}

/**
 * The range that a valid query asks for.
 *
 * @throws Problem `validation-failed`, which names the parameter
 */
export function rangeOf(
  { from, to }: MetricsQuery,
  nowMs: number,
): { readonly from: Timestamp; readonly to: Timestamp } {
  const asked = { from: msOf(from), to: msOf(to) };
  const toMs = Math.min(asked.to ?? nowMs, nowMs);
  const fromMs = asked.from ?? Math.max(0, toMs - STANDARD_MS);
  const violations = violationsOf({ asked, fromMs, toMs }, nowMs);
  if (violations.length > 0) throw validationFailed(violations);
  return { from: timestampFromMs(fromMs), to: timestampFromMs(toMs) };
}

interface AskedRange {
  readonly asked: { readonly from: number | null; readonly to: number | null };
  readonly fromMs: number;
  readonly toMs: number;
}

function violationsOf({ asked, fromMs, toMs }: AskedRange, nowMs: number): readonly FieldError[] {
  if (asked.to !== null && asked.to > nowMs + SKEW_MS)
    return [{ pointer: '?to', detail: 'must not lie in the future' }];
  if (toMs - fromMs < SHORTEST_MS) {
    return [
      { pointer: asked.from === null ? '?to' : '?from', detail: 'must leave at least a minute from `from` to `to`' },
    ];
  }
  if (toMs - fromMs <= LONGEST_MS) return [];
  return [{ pointer: '?from', detail: 'must be at most 24 h before `to`, which is now where it is left out' }];
}

function msOf(text: string | undefined): number | null {
  const instant = text === undefined ? null : instantOf(text);
  return instant === null ? null : Date.parse(instant);
}

const UNKNOWN_REASONS = ['not-at-novita', 'gone', 'not-running', 'no-figures'] as const;
export type UnknownReason = (typeof UNKNOWN_REASONS)[number];

export class MetricPointView {
  @ApiProperty({ ...A_TIME, description: 'When it was measured.' })
  at!: string;

  @ApiProperty({ description: 'From 0 to 100, as Novita says it.', example: 87.5 })
  percent!: number;
}

function Series(what: string): PropertyDecorator {
  return ApiProperty({
    type: [MetricPointView],
    nullable: true,
    description: `${what}, the oldest first; null when it is not known, which does not mean 0.`,
  });
}

export class MetricSeriesView {
  @Series('The GPU, the average of all of the instance')
  gpu!: MetricPointView[] | null;

  @Series('Memory of the GPU, the average of all of the instance')
  vram!: MetricPointView[] | null;

  @Series('The CPU')
  cpu!: MetricPointView[] | null;

  @Series('Memory')
  memory!: MetricPointView[] | null;

  @Series('The root disk')
  disk!: MetricPointView[] | null;
}

export class MetricsUnknownView {
  @ApiProperty({
    enum: UNKNOWN_REASONS,
    description:
      '`not-at-novita`: it was not created there yet. `gone`: Novita has no such instance any more. `not-running`: it did not run. `no-figures`: it runs, and Novita has measured nothing of it yet.',
    example: 'not-running',
  })
  reason!: UnknownReason;

  @ApiProperty({ description: 'In one sentence.', example: 'It is stopped: nothing was measured in this time.' })
  detail!: string;
}

export class InstanceMetricsView {
  @ApiProperty({ example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiProperty({ enum: INSTANCE_STATUSES, enumName: 'InstanceStatus', example: 'ready' })
  status!: InstanceStatus;

  @ApiProperty({ ...A_TIME, description: 'Beginning of the range, in whole minutes.' })
  from!: string;

  @ApiProperty({ ...A_TIME, description: 'End of the range; of one up to now, when Novita was asked.' })
  to!: string;

  @ApiProperty({
    type: Number,
    nullable: true,
    description:
      'Seconds between two points, at least 60; at most some 240 points fit. Null when Novita was not asked.',
    example: 60,
  })
  intervalSeconds!: number | null;

  @ApiProperty({ type: MetricSeriesView })
  series!: MetricSeriesView;

  @ApiProperty({ type: String, ...A_TIME, nullable: true, description: 'Of the newest point; null without points.' })
  asOf!: string | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Seconds from the newest point to the end of the range. Novita measures about a minute late.',
    example: 62,
  })
  lagSeconds!: number | null;

  @ApiProperty({
    type: String,
    ...A_TIME,
    nullable: true,
    description: 'When Novita was asked, at most a minute ago; null when it was not.',
  })
  readAt!: string | null;

  @ApiPropertyOptional({ type: MetricsUnknownView, description: 'Why nothing is known; absent when there are points.' })
  unknown?: MetricsUnknownView;
}

const TIMES = ['2026-03-01T09:58:00.000Z', '2026-03-01T09:59:00.000Z'] as const;
const series = (...values: readonly [number, number]) => TIMES.map((at, n) => ({ at, percent: values[n] ?? 0 }));

export const METRICS_EXAMPLE: InstanceMetricsView = {
  instanceId: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
  status: 'ready',
  from: '2026-03-01T09:00:02.000Z',
  to: '2026-03-01T10:00:02.000Z',
  intervalSeconds: 60,
  series: {
    gpu: series(87.5, 91),
    vram: series(71.2, 71.2),
    cpu: series(38, 41.5),
    memory: series(55, 55.4),
    disk: series(30, 30),
  },
  asOf: '2026-03-01T09:59:00.000Z',
  lagSeconds: 62,
  readAt: '2026-03-01T10:00:02.000Z',
};
