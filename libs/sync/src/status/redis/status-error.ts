import { redisTrouble } from '@app/redis';
import { SyncStatusUnavailableError } from '../sync-status-store.port.js';

/** What a failed call of Redis means to users of the status. An answer that says that we asked wrongly stays as it is. */
export function statusError(error: unknown): unknown {
  const trouble = redisTrouble(error);
  return trouble === null ? error : new SyncStatusUnavailableError(`Redis ${trouble.text}`, { cause: error });
}
