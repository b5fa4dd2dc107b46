import { SyncStatusUnavailableError } from '../sync-status-store.port.js';

/** Refusals of a Redis that is there and cannot serve now: loading, failing over, full, or unable to persist. */
const CANNOT_SERVE = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|OOM|MISCONF|NOREPLICAS)\b/;

/** What a failed call of Redis means to users of the status. An answer that says that we asked wrongly stays as it is. */
export function statusError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'ReplyError' && !CANNOT_SERVE.test(error.message)) return error;
  return new SyncStatusUnavailableError(`Redis cannot be reached or cannot serve: ${error.message}`, { cause: error });
}
