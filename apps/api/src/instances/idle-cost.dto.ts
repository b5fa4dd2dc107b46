import type { FleetSummary, IdleReason } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import { ApiProperty } from '@nestjs/swagger';
import { usd } from '../core/http/answer.js';

export class FigureSumView {
  @ApiProperty({ description: 'USD per hour.', example: 0.35 })
  usdPerHour!: number;

  @ApiProperty({ type: 'integer', example: 1 })
  instances!: number;
}

class IdleByReasonView implements Record<IdleReason, FigureSumView> {
  @ApiProperty({
    type: FigureSumView,
    description: 'Past its warning: the next checks stop it, or say why they keep it.',
  })
  due!: FigureSumView;

  @ApiProperty({ type: FigureSumView, description: 'Unused, and its threshold is not over.' })
  notYetDue!: FigureSumView;

  @ApiProperty({ type: FigureSumView, description: 'Auto-stop is off for it, its template or all.' })
  autoStopOff!: FigureSumView;

  @ApiProperty({ type: FigureSumView, description: 'Paid by the month: a stop would save nothing.' })
  monthly!: FigureSumView;

  @ApiProperty({ type: FigureSumView, description: 'Made elsewhere, and nobody reports its use here.' })
  useNotKnown!: FigureSumView;
}

/** What runs and is not in use by what is known. */
export class IdleCostView extends FigureSumView {
  @ApiProperty({ format: 'date-time', description: 'When it was measured.', example: '2026-03-01T10:00:00.000Z' })
  asOf!: string;

  @ApiProperty({
    type: 'integer',
    description: 'Of `instances`, those whose price is not known; they are in no sum.',
    example: 0,
  })
  unpriced!: number;

  @ApiProperty({ type: IdleByReasonView, description: 'Adds up to the whole.' })
  byReason!: IdleByReasonView;
}

export const IDLE_COST_DESCRIPTION =
  'What is up and not in use: no lease, and no use reported, nor ready, within the last five minutes. `GET /instances?show=idle` lists it.';

export const IDLE_COST_EXAMPLE: IdleCostView = {
  asOf: '2026-03-01T09:59:30.000Z',
  usdPerHour: 0.35,
  instances: 1,
  unpriced: 0,
  byReason: {
    due: { usdPerHour: 0.35, instances: 1 },
    notYetDue: { usdPerHour: 0, instances: 0 },
    autoStopOff: { usdPerHour: 0, instances: 0 },
    monthly: { usdPerHour: 0, instances: 0 },
    useNotKnown: { usdPerHour: 0, instances: 0 },
  },
};

/** @param asOf when it was measured */
export function renderIdleCost(
  { usdPerHour, instances, unpriced, byReason }: FleetSummary['idle'],
  asOf: Timestamp,
): IdleCostView {
  const sumOf = (reason: IdleReason): FigureSumView => ({
    usdPerHour: usd(byReason[reason].usdPerHour),
    instances: byReason[reason].instances,
  });
  return {
    asOf,
    usdPerHour: usd(usdPerHour),
    instances,
    unpriced,
    byReason: {
      due: sumOf('due'),
      notYetDue: sumOf('notYetDue'),
      autoStopOff: sumOf('autoStopOff'),
      monthly: sumOf('monthly'),
      useNotKnown: sumOf('useNotKnown'),
    },
  };
}
