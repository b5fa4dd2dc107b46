import { CommandNotSentError, orUnavailable, type RedisScript } from '@app/redis';
import type { Redis } from 'ioredis';
import { CHANGE_FEED_LIMIT } from '../ports/change-feed.port.js';
import { StoreUnavailableError, WriteOutcomeUnknownError } from '../ports/store-errors.js';
import type { InstanceId, NovitaInstanceId } from '../record/identity.js';
import { hashTagOf } from './keys.js';

/** The keys of one fleet in Redis, and the scripts that run on them. */
export class StoreKeyspace {
  readonly hashTag: string;

  /**
   * @param keyPrefix becomes the hash tag of every key
   * @param feedLimit about so many entries of the change feed are kept
   */
  constructor(
    readonly redis: Redis,
    keyPrefix: string,
    readonly feedLimit: number = CHANGE_FEED_LIMIT,
  ) {
    this.hashTag = hashTagOf(keyPrefix);
  }

  /** @param name as `storeKey` makes it */
  key(name: string): string {
    return `${this.hashTag}:${name}`;
  }

  /**
   * Runs a script. Each caller knows the shape of its script's answer, which the head of the script's file declares.
   * @throws StoreUnavailableError; a script's own error as it is
   */
  async run(script: RedisScript, args: readonly (string | number)[]): Promise<unknown> {
    return orStoreError(script.run(this.redis, [this.hashTag], args));
  }
}

/**
 * The reply of a call to Redis. An error with which Redis says that we asked wrongly, such as a script's own, is left
 * as it is: it is a bug, not an outage.
 *
 * @throws StoreUnavailableError when the command could not be served; its own error otherwise
 */
export async function orStoreError<Reply>(reply: Promise<Reply>): Promise<Reply> {
  return orUnavailable(reply, (text, cause) => new StoreUnavailableError(text, { cause }));
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

/** An error reply of Redis comes before it writes; every other failure can come after the write. */
function mayHaveBeenCarriedOut(cause: unknown): boolean {
  if (!(cause instanceof Error)) return true;
  return cause.name !== 'ReplyError' && !(cause instanceof CommandNotSentError);
}
