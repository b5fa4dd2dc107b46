import { CommandNotSentError, type RedisScript, redisTrouble } from '@app/redis';
import type { Redis } from 'ioredis';
import type { InstanceId, NovitaInstanceId } from '../instance-id.js';
import { StoreUnavailableError, WriteOutcomeUnknownError } from '../store-errors.js';

/** Runs scripts on the keys of one hash tag. Each caller knows the shape of its script's answer, which its file declares. */
export class StoreScripts {
  /** @param hashTag such as `{novita-fleet}` */
  constructor(
    private readonly redis: Redis,
    private readonly hashTag: string,
  ) {}

  /** @throws StoreUnavailableError; a script's own error as it is */
  async run(script: RedisScript, args: readonly (string | number)[]): Promise<unknown> {
    return orStoreError(script.run(this.redis, [this.hashTag], args));
  }
}

/**
 * What an error of a Redis call means to callers of the store. Answers of Redis that say that we asked wrongly, such as
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
