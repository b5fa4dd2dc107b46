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

/** Redis answers before it writes, and ioredis refuses before it sends; every other failure can come after the write. */
function mayHaveBeenCarriedOut(cause: unknown): boolean {
  if (!(cause instanceof Error)) return true;
  return cause.name !== 'ReplyError' && !NOT_SENT.test(cause.message);
}

/** https://github.com/redis/ioredis: what `sendCommand` answers for a connection that is not ready, without an offline queue. */
const NOT_SENT = /^Stream isn't writeable|ECONNREFUSED/;
