import { msFromTimestamp } from '@app/platform';
import type { RunStatus } from './sync-status.js';

/** Below this part of the instances, their pace says less than the runs before do. */
const TELLING_PART = 0.05;

/**
 * Seconds until a run in progress is over, rounded up. While the instances are being listed, which is what takes long,
 * their own pace tells; otherwise the duration of runs before.
 *
 * @param now epoch milliseconds
 * @returns null when there is nothing to go by
 */
export function estimateRemaining(run: RunStatus, now: number): number | null {
  if (run.state !== 'in_progress' || run.startedAt === null) return null;
  const elapsedMs = Math.max(0, now - msFromTimestamp(run.startedAt));
  const part = listedPart(run);
  if (part !== null) return Math.ceil((elapsedMs * (1 - part)) / part / 1_000);
  return run.expectedDurationMs === null ? null : Math.ceil(Math.max(0, run.expectedDurationMs - elapsedMs) / 1_000);
}

/** How much of the instances has been listed, 0 to 1; null when that does not tell enough. */
function listedPart({ resources }: RunStatus): number | null {
  const instances = resources.find(({ name }) => name === 'instances');
  if (instances?.status !== 'in_progress' || instances.total === null || instances.total === 0) return null;
  const part = instances.count / instances.total;
  return part >= TELLING_PART && part < 1 ? part : null;
}
