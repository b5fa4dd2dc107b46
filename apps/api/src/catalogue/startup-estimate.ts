import { type InstanceRecord, isStartingUp } from '@app/instance-store';
import type { StartupEstimate, StartupEstimates } from '@app/lifecycle';
import { ApiPropertyOptional } from '@nestjs/swagger';

/** How long a start-up usually takes, beside what else is shown of a product or an instance. Absent while nothing is known. */
export class StartupEstimateView {
  @ApiPropertyOptional({
    description:
      'How long start-ups usually take, from the request until ready: the median of the latest that were measured, of an instance with its product and image, and only while it starts. Absent when none was measured. A moving estimate: it changes without a new revision, and the ETag with it.',
    example: 240,
  })
  startupEstimateSeconds?: number;

  @ApiPropertyOptional({ description: 'Of those start-ups, 95 % took no longer.', example: 410 })
  startupEstimateP95Seconds?: number;

  @ApiPropertyOptional({ description: 'How many start-ups the estimate rests on.', example: 38 })
  startupEstimateBasedOn?: number;
}

type EstimateMembers = Pick<StartupEstimateView, keyof StartupEstimateView>;

/** The members of an estimate; none without one. */
export function renderEstimate(estimate: StartupEstimate | null | undefined): EstimateMembers {
  if (estimate === null || estimate === undefined) return {};
  const { medianSeconds, p95Seconds, basedOn } = estimate;
  return {
    startupEstimateSeconds: medianSeconds,
    startupEstimateP95Seconds: p95Seconds,
    startupEstimateBasedOn: basedOn,
  };
}

/** The same of an instance: none unless it is on its way to ready. */
export function renderStartup(record: InstanceRecord, estimates: StartupEstimates): EstimateMembers {
  return renderEstimate(startupOf(record, estimates));
}

/**
 * What the estimate adds to the entity tag of an instance, the same in every process; empty without one. It moves without a
 * new revision.
 */
export function startupTag(record: InstanceRecord, estimates: StartupEstimates): string {
  const estimate = startupOf(record, estimates);
  if (estimate === null) return '';
  const { medianSeconds, p95Seconds, basedOn } = estimate;
  return `~${[medianSeconds, p95Seconds, basedOn].map((count) => count.toString(36)).join('.')}`;
}

/** @returns null unless it is on its way to ready, which a comparison tells before anything is looked up */
function startupOf({ status, desired, spec }: InstanceRecord, estimates: StartupEstimates): StartupEstimate | null {
  return desired.state === 'running' && isStartingUp(status) ? estimates.of(spec) : null;
}
