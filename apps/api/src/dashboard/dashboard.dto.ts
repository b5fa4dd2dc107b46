import { INSTANCE_STATUSES } from '@app/instance-store';
import { API_ROLES, type ApiRole, HOUR_MS } from '@app/platform';
import { HISTORY_MS } from '@app/spend';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { QueryLimit } from '../core/http/input-members.js';
import { IDLE_COST_DESCRIPTION, IdleCostView } from '../instances/idle-cost.dto.js';
import { UnknownView } from '../instances/unknown-fleet.js';

const MOMENT = { format: 'date-time', example: '2026-03-01T10:00:00.000Z' } as const;
export const DEFAULT_HOURS = 6;
const MOST_HOURS = HISTORY_MS / HOUR_MS;

export class DashboardQuery {
  @QueryLimit(MOST_HOURS, DEFAULT_HOURS, 'How far `history` reaches back.')
  hours?: number;
}

export class DashboardCountsView {
  @ApiProperty({ type: Number, nullable: true, example: 12 })
  total!: number | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Billed as running: what `runningUsdPerHour` is the sum of, and `show=running` lists.',
    example: 10,
  })
  running!: number | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Of `total`, those that were made elsewhere.',
    example: 1,
  })
  discovered!: number | null;

  @ApiPropertyOptional({
    description: 'Records that cannot be read, in no other figure; absent when there is none.',
    example: 1,
  })
  unreadable?: number;

  @ApiProperty({
    type: 'object',
    properties: Object.fromEntries(INSTANCE_STATUSES.map((status) => [status, { type: 'integer', nullable: true }])),
    example: { ready: 10, stopped: 2 },
  })
  byStatus!: Readonly<Record<string, number | null>>;
}

export class DashboardMoneyView {
  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'USD per hour of all that may be billed: running instances, and those billed though stopped.',
    example: 4.2,
  })
  costUsdPerHour!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'USD per hour of what runs or may run.', example: 3.5 })
  runningUsdPerHour!: number | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'USD per hour of stopped instances that are paid by the month: a stop does not end it.',
    example: 0.7,
  })
  billedThoughStoppedUsdPerHour!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'How many those are.', example: 2 })
  billedThoughStoppedInstances!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'USD of this day of UTC, up to now.', example: 31.5 })
  todayUsd!: number | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'USD that auto-stop has saved this day of UTC.',
    example: 4.2,
  })
  savedTodayUsd!: number | null;

  @ApiProperty({ type: IdleCostView, nullable: true, description: IDLE_COST_DESCRIPTION })
  idle!: IdleCostView | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Instances whose price is not known; they are in no sum.',
    example: 0,
  })
  unpriced!: number | null;

  @ApiPropertyOptional({ description: 'SPEND_DAILY_LIMIT_USD; absent when there is none.', example: 250 })
  dailyLimitUsd?: number;

  @ApiPropertyOptional({ description: 'Whether `todayUsd` has reached it; absent without a limit.', example: false })
  limitReached?: boolean;
}

export class NextStopView {
  @ApiProperty({ example: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' })
  instanceId!: string;

  @ApiProperty({ example: 'llama-inference' })
  name!: string;

  @ApiProperty({ ...MOMENT, description: 'When it is stopped, if nobody uses it until then; its `autoStopAt`.' })
  stopAt!: string;

  @ApiPropertyOptional({ description: 'USD; absent when it is not known.', example: 0.35 })
  pricePerHour?: number;
}

export class DashboardAutoStopView {
  @ApiProperty({ example: true })
  enabled!: boolean;

  @ApiPropertyOptional({
    description: 'Why nothing is stopped although it is enabled; absent when that is not so.',
    example: 'the last complete listing of Novita is 3 hours old',
  })
  suspended?: string;

  @ApiPropertyOptional({ type: NextStopView, description: 'Absent when no instance is to be stopped.' })
  next?: NextStopView;
}

export class DashboardAttentionView {
  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Instances that need attention, each counted once, as `GET /instances?show=attention` lists them.',
    example: 0,
  })
  total!: number | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Stops and deletes that Novita has not confirmed for longer than CONFIRM_PATIENCE.',
    example: 0,
  })
  unconfirmed!: number | null;

  @ApiPropertyOptional({ description: 'How long the oldest of them waits; absent when there is none.', example: 420 })
  oldestUnconfirmedSeconds?: number;

  @ApiProperty({
    type: Number,
    nullable: true,
    description:
      'Instances that should have been observed more than a minute ago, as `GET /instances?attention=overdue` lists them.',
    example: 0,
  })
  overdue!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Instances with the status `failed`.', example: 0 })
  failed!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Instances that listings of Novita lack.', example: 0 })
  missing!: number | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Instances at Novita that nothing here manages and nobody has set aside.',
    example: 1,
  })
  orphans!: number | null;
}

export class FleetSampleView {
  @ApiProperty(MOMENT)
  at!: string;

  @ApiProperty({ description: 'Instances that were billed as running, as `counts.running` counts them.', example: 10 })
  running!: number;

  @ApiProperty({ description: 'USD per hour of all that may be billed.', example: 4.2 })
  costUsdPerHour!: number;
}

export class DashboardView {
  @ApiProperty(MOMENT)
  asOf!: string;

  @ApiPropertyOptional({
    type: UnknownView,
    description: 'Present while no listing of Novita has completed: figures that depend on one are null then.',
  })
  unknown?: UnknownView;

  @ApiPropertyOptional({
    ...MOMENT,
    description:
      'Present while Redis does not answer: what adds up instances is as this process knows them in memory; `todayUsd`, `savedTodayUsd`, `next` and `history` are as they were read at this time.',
  })
  storedAsOf?: string;

  @ApiProperty({
    type: Boolean,
    nullable: true,
    description:
      'Whether what answers as Novita says that it is a sandbox, where no machine and no dollar is real; null before its first answer to this process.',
    example: false,
  })
  sandbox!: boolean | null;

  @ApiProperty({ type: DashboardCountsView })
  counts!: DashboardCountsView;

  @ApiProperty({ type: DashboardMoneyView })
  money!: DashboardMoneyView;

  @ApiProperty({ type: DashboardAutoStopView })
  autoStop!: DashboardAutoStopView;

  @ApiProperty({
    type: DashboardAttentionView,
    description: 'What needs attention; all zero when all is well.',
  })
  attention!: DashboardAttentionView;

  @ApiProperty({
    type: [FleetSampleView],
    description: 'At most 144 points, the oldest first and the last one now; a longer time has them further apart.',
  })
  history!: FleetSampleView[];
}

/** What a key with limits has used of them. */
export class KeyBudgetView {
  @ApiProperty({ format: 'date-time', example: '2026-03-01T10:00:00.000Z' })
  asOf!: string;

  @ApiProperty({
    description: 'USD per hour of all instances that were made with this key, those included that are being made.',
    example: 0.37,
  })
  committedUsdPerHour!: number;

  @ApiProperty({
    description: 'USD per hour that may still be begun now, by an instance that lives for `hoursPerInstance`.',
    example: 1.63,
  })
  leftUsdPerHour!: number;

  @ApiProperty({
    enum: ['usdPerHour', 'usdPerDay'],
    description:
      'By which limit: that of the hour, or what today has left for the hours until midnight (UTC) or the end of such an instance.',
    example: 'usdPerHour',
  })
  leftBy!: 'usdPerHour' | 'usdPerDay';

  @ApiProperty({ description: 'USD in this day of UTC, up to now.', example: 1.12 })
  todayUsd!: number;

  @ApiPropertyOptional({
    description:
      'USD of the limit of the day that are neither spent nor to be spent by its instances, each until its lifetime or the day ends. Absent without such a limit. An instance with a shorter lifetime may cost more an hour.',
    example: 15.92,
  })
  leftTodayUsd?: number;

  @ApiProperty({
    description: 'Instances whose price is not known; while there are any, nothing may be begun.',
    example: 0,
  })
  unpriced!: number;
}

/** What a key is held to; docs/keys.md. */
export class KeyLimitsView {
  @ApiProperty({ description: 'USD per hour of all its instances, at any moment.', example: 2 })
  usdPerHour!: number;

  @ApiPropertyOptional({ description: 'USD in a day of UTC.', example: 20 })
  usdPerDay?: number;

  @ApiProperty({ description: 'Longest lifetime of an instance, and longest lease.', example: 8 })
  hoursPerInstance!: number;

  @ApiProperty({ type: KeyBudgetView, nullable: true, description: 'Null while it is not known, as without Redis.' })
  now!: KeyBudgetView | null;
}

export class MeView {
  @ApiProperty({ description: 'The name of the key.', example: 'ci' })
  name!: string;

  @ApiProperty({ enum: API_ROLES, example: 'operator' })
  role!: ApiRole;

  @ApiProperty({ description: 'The release of novita-fleet that answers.', example: '1.0.0' })
  version!: string;

  @ApiProperty({ description: 'Whether there is a board of the queues at /admin/queues.', example: true })
  queues!: boolean;

  @ApiProperty({ description: 'Whether a Kubernetes cluster is mirrored here.', example: false })
  kubernetes!: boolean;

  @ApiProperty({
    type: Boolean,
    nullable: true,
    description:
      'Whether a sandbox answers in place of Novita, where no machine is real; null before anything answered.',
    example: false,
  })
  sandbox!: boolean | null;

  @ApiPropertyOptional({ type: KeyLimitsView, description: 'Absent for a key without limits.' })
  limits?: KeyLimitsView;
}
