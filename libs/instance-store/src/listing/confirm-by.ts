import { msFromTimestamp } from '@app/platform';
import type { InstanceRecord } from '../instance.js';
import { isLive } from '../instance-status.js';

/** How long a stop or delete may wait for the provider's agreement, unless the settings say otherwise. */
export const DEFAULT_CONFIRM_PATIENCE_MS = 5 * 60_000;

/**
 * By when the provider should have agreed to a stop or delete. Pure; the store derives it at every write, so that no
 * writer can forget it. What was made elsewhere is never wished anything.
 *
 * @returns epoch milliseconds; null when nothing is to be confirmed, or all is
 */
export function confirmByMs(record: InstanceRecord, patienceMs: number): number | null {
  const { origin, status, desired, confirmedAt } = record;
  const isOpen = origin !== 'discovered' && isLive(status) && desired.state !== 'running' && confirmedAt === null;
  return isOpen ? msFromTimestamp(desired.at) + patienceMs : null;
}
