import { CommandNotSentError } from '@app/redis';
import type { InstanceId, NovitaInstanceId } from '../instance-id.js';
import { StoreUnavailableError, WriteOutcomeUnknownError } from '../instance-store.port.js';

/**
 * The reply to a script that writes.
 *
 * @throws WriteOutcomeUnknownError when the script was sent and its reply was lost; StoreUnavailableError when it was
 *   not carried out; a script's own error as it is
 */
export async function orUnknownOutcome<Reply>(
  id: InstanceId | NovitaInstanceId,
  reply: Promise<Reply>,
): Promise<Reply> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof StoreUnavailableError && mayHaveBeenCarriedOut(error.cause)) {
      throw new WriteOutcomeUnknownError(id, error);
    }
    throw error;
  }
}

/** Redis answers before it writes; every other failure can come after the write. */
function mayHaveBeenCarriedOut(cause: unknown): boolean {
  if (!(cause instanceof Error)) return true;
  return cause.name !== 'ReplyError' && !(cause instanceof CommandNotSentError);
}
