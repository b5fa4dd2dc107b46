import type { ApiKeyHolder } from '@app/platform';
import { presentSyncStatus, type SyncSnapshot } from '@app/sync';
import { errorWithoutKey } from '../http/api-headers.js';
import { present } from '../http/present.js';
import type { SyncStatusDocument } from './sync-status.dto.js';

/**
 * How far the sync is, for routes that anybody may read: names of keys and what Novita answered are for holders of a key.
 *
 * @param caller null for who shows no key
 * @param now epoch milliseconds
 */
export function syncStatusFor(caller: ApiKeyHolder | null, snapshot: SyncSnapshot, now: number): SyncStatusDocument {
  const whole: SyncStatusDocument = presentSyncStatus(snapshot, now);
  if (caller !== null) return whole;
  const { error, paused, resourceStatus, ...status } = whole;
  return {
    ...status,
    resourceStatus: resourceStatus.map((resource) => ({
      name: resource.name,
      status: resource.status,
      count: resource.count,
      ...present('total', resource.total),
      ...(resource.error !== undefined && { error: errorWithoutKey([resource]) }),
    })),
    ...(error !== undefined && { error: errorWithoutKey(resourceStatus) }),
    ...(paused !== undefined && { paused: { since: paused.since } }),
  };
}
