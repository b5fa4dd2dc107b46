import { msFromTimestamp } from '@app/platform';
import type { SyncSnapshot } from '../status/sync-status.js';
import type { SyncOrder } from './sync-options.js';
import type { SyncResult } from './sync-report.js';

/** A schedule that is made runs at once, as does the start of its worker: one of the two is enough. */
const JUST_NOW_MS = 10_000;

/**
 * Why a job is not to be run; null when it is.
 *
 * @param result what became of the same run before: its job was given back, or taken from a worker that died
 */
export function whySkipped(
  { order, unlessRunSince }: { readonly order: SyncOrder; readonly unlessRunSince: number },
  { run, paused }: SyncSnapshot,
  result: SyncResult | null,
  { nowMs, intervalMs }: { readonly nowMs: number; readonly intervalMs: number },
): string | null {
  const isUnderWay = run.state === 'in_progress' && run.runId === order.runId;
  if (result?.kind === 'report' && !isUnderWay) return 'it was carried out already';

  const { trigger } = order;
  // The start asks for a whole run, and looks below whether there was one.
  if (result?.kind === 'lost' && !isUnderWay && trigger !== 'startup') return 'another run has followed it';
  const isScheduled = trigger === 'schedule' || trigger === 'retry';
  if (isScheduled && paused !== null) return 'the sync is paused';

  const lastMs = lastWholeRunMs(run);
  if (lastMs === null) return null;
  if (unlessRunSince > 0 && lastMs >= unlessRunSince) return 'another run has done it';
  if (trigger === 'schedule' && nowMs - lastMs < Math.min(JUST_NOW_MS, intervalMs / 2)) return 'one has just run';
  return null;
}

/** When the latest run began that ended well and had the instances listed. */
function lastWholeRunMs({ lastSuccess, instancesAsOf }: SyncSnapshot['run']): number | null {
  if (lastSuccess === null || instancesAsOf === null) return null;
  const startedMs = msFromTimestamp(lastSuccess.startedAt);
  // A later success that left the instances out is worth no more than the listing before it.
  return msFromTimestamp(instancesAsOf) >= startedMs ? startedMs : msFromTimestamp(instancesAsOf);
}
