import type { IdleCost, IdleReason } from '@app/spend';
import { ApiProperty } from '@nestjs/swagger';
import { usd } from '../core/http/answer.js';

class IdleSumView {
  @ApiProperty({ description: 'USD per hour.', example: 0.35 })
  usdPerHour!: number;

  @ApiProperty({ type: 'integer', example: 1 })
  instances!: number;
}

class IdleByReasonView implements Record<IdleReason, IdleSumView> {
  @ApiProperty({
    type: IdleSumView,
    description: 'Past its warning: the next checks stop it, or say why they keep it.',
  })
  due!: IdleSumView;

  @ApiProperty({ type: IdleSumView, description: 'Unused, and its threshold is not over.' })
  notYetDue!: IdleSumView;

  @ApiProperty({ type: IdleSumView, description: 'Auto-stop is off for it, its template or all.' })
  autoStopOff!: IdleSumView;

  @ApiProperty({ type: IdleSumView, description: 'Paid by the month: a stop would save nothing.' })
  monthly!: IdleSumView;

  @ApiProperty({ type: IdleSumView, description: 'Made elsewhere, and nobody reports its use here.' })
  useNotKnown!: IdleSumView;
}

/** What runs and is not in use by what is known. */
export class IdleCostView extends IdleSumView {
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
  'What is up and not in use: no lease, and no use reported, nor ready, within the last five minutes. Measured once a minute, after each sync, and after a check that stops something; null before the first time.';

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

export function renderIdleCost({ asOf, usdPerHour, instances, unpriced, byReason }: IdleCost): IdleCostView {
  const sumOf = (reason: IdleReason): IdleSumView => ({
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
