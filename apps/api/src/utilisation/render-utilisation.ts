import { type InstanceRecord, maybeBilling } from '@app/instance-store';
import type { NovitaMetricPoint } from '@app/novita-client';
import { msFromTimestamp, SECOND_MS, type Timestamp } from '@app/platform';
import type { Utilisation } from '@app/utilisation';
import type {
  InstanceMetricsView,
  MetricPointView,
  MetricSeriesView,
  MetricsUnknownView,
  UnknownReason,
} from './utilisation.dto.js';

interface Range {
  readonly from: Timestamp;
  readonly to: Timestamp;
}

const NOTHING: MetricSeriesView = { gpu: null, vram: null, cpu: null, memory: null, disk: null };

/**
 * Why Novita need not be asked: there is nothing to ask about, or the instance did not run in this time.
 *
 * @returns null when it is to be asked
 */
export function unknownWithoutAsking(record: InstanceRecord, { from }: Range): UnknownReason | null {
  const { novitaInstanceId, status, timestamps } = record;
  if (status === 'terminated') return 'gone';
  if (novitaInstanceId === null) return 'not-at-novita';
  const { stopped } = timestamps;
  return status === 'stopped' && stopped !== undefined && stopped < from ? 'not-running' : null;
}

/** The answer for an instance that was not measured. */
export function renderUnknown(record: InstanceRecord, range: Range, reason: UnknownReason): InstanceMetricsView {
  return {
    instanceId: record.id,
    status: record.status,
    ...range,
    intervalSeconds: null,
    series: NOTHING,
    asOf: null,
    lagSeconds: null,
    readAt: null,
    unknown: unknownView(record, reason),
  };
}

/** The figures that Novita measured. A series without points is null: none of it is known. */
export function renderMetrics(record: InstanceRecord, utilisation: Utilisation): InstanceMetricsView {
  const { from, to, intervalSeconds, readAt, metrics } = utilisation;
  const series: MetricSeriesView = {
    gpu: renderSeries(metrics.gpuUtilization),
    vram: renderSeries(metrics.gpuMemoryUtilization),
    cpu: renderSeries(metrics.cpuUtilization),
    memory: renderSeries(metrics.memoryUtilization),
    disk: renderSeries(metrics.diskUtilization),
  };
  const asOf = newestOf(utilisation);
  return {
    instanceId: record.id,
    status: record.status,
    from,
    to,
    intervalSeconds,
    series,
    asOf,
    // Novita's clock may be a little ahead of ours.
    lagSeconds:
      asOf === null ? null : Math.max(0, Math.round((msFromTimestamp(to) - msFromTimestamp(asOf)) / SECOND_MS)),
    readAt,
    ...(asOf === null && {
      unknown: unknownView(record, maybeBilling(record.status) ? 'no-figures' : 'not-running'),
    }),
  };
}

/** The time of the newest point of any series; null without points. */
export function newestOf({ metrics }: Utilisation): Timestamp | null {
  let newest: Timestamp | null = null;
  const all: readonly (readonly NovitaMetricPoint[])[] = Object.values(metrics);
  for (const { at } of all.flat()) if (newest === null || at > newest) newest = at;
  return newest;
}

function renderSeries(points: readonly NovitaMetricPoint[]): MetricPointView[] | null {
  if (points.length === 0) return null;
  return points
    .map(({ at, value }) => ({ at, percent: value }))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

function unknownView({ status }: InstanceRecord, reason: UnknownReason): MetricsUnknownView {
  return { reason, detail: detailOf(reason, status) };
}

function detailOf(reason: UnknownReason, status: InstanceRecord['status']): string {
  switch (reason) {
    case 'not-at-novita':
      return 'It was not created at Novita yet.';
    case 'gone':
      return 'Novita has no such instance any more, and keeps no figures of it.';
    case 'not-running':
      return `It is ${status}: nothing was measured in this time.`;
    case 'no-figures':
      return 'Novita has no figures of it in this time; the first ones come about a minute after it has begun to run.';
  }
}
