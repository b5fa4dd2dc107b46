import { StoreUnavailableError } from '../instance-store.port.js';

/** Refusals of a Redis that is there and cannot serve now: loading, failing over, full, or unable to persist. */
const CANNOT_SERVE = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|OOM|MISCONF|NOREPLICAS)\b/;

/**
 * What a fault of a Redis call means to callers of the store. Answers of Redis that say that we asked wrongly, such as
 * a script's own error, are left as they are: they are bugs, not outages.
 */
export function storeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (isReply(error) && !CANNOT_SERVE.test(error.message)) return error;
  return new StoreUnavailableError(`Redis cannot be reached or cannot serve: ${error.message}`, { cause: error });
}

/** @throws StoreUnavailableError when the command could not be served; its own error otherwise */
export async function orStoreError<Answer>(command: Promise<Answer>): Promise<Answer> {
  try {
    return await command;
  } catch (error) {
    throw storeError(error);
  }
}

/** Redis forgets scripts when it restarts, fails over or is told to. */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

function isReply(error: Error): boolean {
  return error.name === 'ReplyError';
}
