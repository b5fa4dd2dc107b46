import { StoreUnavailableError } from '@app/instance-store';
import { redisTrouble } from '@app/redis';

/** @throws StoreUnavailableError when Redis cannot serve; its own error for a wrong question */
export async function orUnavailable<Reply>(reply: Promise<Reply>): Promise<Reply> {
  try {
    return await reply;
  } catch (error) {
    const trouble = redisTrouble(error);
    throw trouble === null ? error : new StoreUnavailableError(`Redis ${trouble.text}`, { cause: error });
  }
}
