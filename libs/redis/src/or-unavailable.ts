import { redisTrouble } from './connections/redis-trouble.js';

/**
 * The reply of a call to Redis, or what its failure means to those who called.
 *
 * @param unavailable makes the error of a Redis that cannot serve; its text says why, as in "Redis is full: ..."
 * @throws what `unavailable` makes; the call's own error for a fault of ours
 */
export async function orUnavailable<Reply>(
  reply: Promise<Reply>,
  unavailable: (text: string, cause: unknown) => Error,
): Promise<Reply> {
  try {
    return await reply;
  } catch (error) {
    const trouble = redisTrouble(error);
    throw trouble === null ? error : unavailable(`Redis ${trouble.text}`, error);
  }
}
