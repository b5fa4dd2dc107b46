import type { AttentionReason, FleetSummary } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { usd } from '../core/http/answer.js';
import {
  FigureSumView,
  IDLE_COST_DESCRIPTION,
  IDLE_COST_EXAMPLE,
  IdleCostView,
  renderIdleCost,
} from './idle-cost.dto.js';
import { UnknownView } from './unknown-fleet.js';

const BY_NAME = { type: 'object', additionalProperties: { $ref: getSchemaPath(FigureSumView) } } as const;

class AttentionByReasonView implements Record<AttentionReason, number> {
  @ApiProperty({ type: 'integer', description: 'It failed.', example: 0 })
  failed!: number;

  @ApiProperty({
    type: 'integer',
    description: 'Its stop or delete waits for Novita for longer than CONFIRM_PATIENCE.',
    example: 1,
  })
  unconfirmed!: number;

  @ApiProperty({ type: 'integer', description: 'It should have been observed more than a minute ago.', example: 0 })
  overdue!: number;

  @ApiProperty({ type: 'integer', description: 'Listings of Novita lack it.', example: 0 })
  missing!: number;
}

class AttentionSumView {
  @ApiProperty({ type: 'integer', description: 'Each once, whatever its reasons.', example: 1 })
  instances!: number;

  @ApiProperty({ type: AttentionByReasonView })
  byReason!: AttentionByReasonView;
}

@ApiExtraModels(FigureSumView)
export class FleetFiguresView {
  @ApiProperty({ type: 'integer', description: 'How many match.', example: 12 })
  total!: number;

  @ApiProperty({
    description: 'USD per hour of all that may be billed: `running` and `billedThoughStopped` together.',
    example: 4.2,
  })
  costUsdPerHour!: number;

  @ApiProperty({ type: FigureSumView, description: 'What runs or may run; `show=running` lists it.' })
  running!: FigureSumView;

  @ApiProperty({
    type: FigureSumView,
    description: 'Stopped, and paid by the month: a stop does not end it. `show=billed-though-stopped` lists it.',
  })
  billedThoughStopped!: FigureSumView;

  @ApiProperty({ type: 'integer', description: 'Billed at a price that is not known; in no sum of USD.', example: 0 })
  unpriced!: number;

  @ApiProperty({ type: IdleCostView, description: IDLE_COST_DESCRIPTION })
  idle!: IdleCostView;

  @ApiProperty({ type: AttentionSumView, description: 'What needs attention; `show=attention` lists it.' })
  attention!: AttentionSumView;

  @ApiProperty({ type: FigureSumView, description: 'Made elsewhere, and neither adopted nor set aside.' })
  orphans!: FigureSumView;

  @ApiProperty({
    ...BY_NAME,
    description: 'Adds up to `total` and `costUsdPerHour`, as do the next ones; what has no instance is left out.',
    example: { ready: { usdPerHour: 4.2, instances: 12 } },
  })
  byStatus!: Readonly<Record<string, FigureSumView>>;

  @ApiProperty({ ...BY_NAME, example: { 'CN-HK-01': { usdPerHour: 4.2, instances: 12 } } })
  byRegion!: Readonly<Record<string, FigureSumView>>;

  @ApiProperty({ ...BY_NAME, example: { 'RTX 4090 24GB': { usdPerHour: 4.2, instances: 12 } } })
  byProduct!: Readonly<Record<string, FigureSumView>>;

  @ApiProperty({
    ...BY_NAME,
    description: 'By who made them; `elsewhere` and `unknown` for those of whom that is not known.',
    example: { 'user:ci': { usdPerHour: 4.2, instances: 12 } },
  })
  byOwner!: Readonly<Record<string, FigureSumView>>;

  @ApiProperty({ ...BY_NAME, example: { onDemand: { usdPerHour: 4.2, instances: 12 } } })
  byBilling!: Readonly<Record<string, FigureSumView>>;

  @ApiProperty({ ...BY_NAME, example: { managed: { usdPerHour: 4.2, instances: 12 } } })
  byOrigin!: Readonly<Record<string, FigureSumView>>;
}

export class FleetSummaryView {
  @ApiProperty({ format: 'date-time', example: '2026-03-01T10:00:00.000Z' })
  asOf!: string;

  @ApiPropertyOptional({
    type: UnknownView,
    description: 'Present while no listing of Novita has completed; `figures` is null then.',
  })
  unknown?: UnknownView;

  @ApiProperty({ type: FleetFiguresView, nullable: true, description: 'All of one moment.' })
  figures!: FleetFiguresView | null;
}

const sumOf = (usdPerHour: number, instances: number): FigureSumView => ({ usdPerHour, instances });
const ALL = sumOf(0.7, 2);

export const FLEET_SUMMARY_EXAMPLE: FleetSummaryView = {
  asOf: '2026-03-01T10:00:00.000Z',
  figures: {
    total: 2,
    costUsdPerHour: 0.7,
    running: ALL,
    billedThoughStopped: sumOf(0, 0),
    unpriced: 0,
    idle: IDLE_COST_EXAMPLE,
    attention: { instances: 0, byReason: { failed: 0, unconfirmed: 0, overdue: 0, missing: 0 } },
    orphans: sumOf(0, 0),
    byStatus: { ready: ALL },
    byRegion: { 'CN-HK-01': ALL },
    byProduct: { 'RTX 4090 24GB': ALL },
    byOwner: { 'user:ci': ALL },
    byBilling: { onDemand: ALL },
    byOrigin: { managed: ALL },
  },
};

export function renderFigures(summary: FleetSummary, asOf: Timestamp): FleetFiguresView {
  const { total, costUsdPerHour, running, billedThoughStopped, unpriced, idle, attention, orphans } = summary;
  return {
    total,
    costUsdPerHour: usd(costUsdPerHour),
    running: rounded(running),
    billedThoughStopped: rounded(billedThoughStopped),
    unpriced,
    idle: renderIdleCost(idle, asOf),
    attention: { instances: attention.instances, byReason: { ...attention.byReason } },
    orphans: rounded(orphans),
    byStatus: roundedAll(summary.byStatus),
    byRegion: roundedAll(summary.byRegion),
    byProduct: roundedAll(summary.byProduct),
    byOwner: roundedAll(summary.byOwner),
    byBilling: roundedAll(summary.byBilling),
    byOrigin: roundedAll(summary.byOrigin),
  };
}

function rounded({ usdPerHour, instances }: FigureSumView): FigureSumView {
  return { usdPerHour: usd(usdPerHour), instances };
}

function roundedAll(sums: Readonly<Record<string, FigureSumView>>): Record<string, FigureSumView> {
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, rounded(sum)]));
}
