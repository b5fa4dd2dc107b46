import { redisTrouble } from '@app/redis';
import { StoreUnavailableError } from '../instance-store.port.js';

/**
 * What a fault of a Redis call means to callers of the store. Answers of Redis that say that we asked wrongly, such as
 * a script's own error, are left as they are: they are bugs, not outages.
 */
export function storeError(error: unknown): unknown {
  const trouble = redisTrouble(error);
  return trouble === null ? error : new StoreUnavailableError(`Redis ${trouble.text}`, { cause: error });
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
