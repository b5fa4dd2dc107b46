import { StoreUnavailableError } from '@app/instance-store';

/** Refusals of a Redis that is there and cannot serve now: loading, failing over, full, or unable to persist. */
const CANNOT_SERVE = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|OOM|MISCONF|NOREPLICAS)\b/;

/** @throws StoreUnavailableError when Redis cannot serve; its own error for a wrong question */
export async function orUnavailable<Reply>(reply: Promise<Reply>): Promise<Reply> {
  try {
    return await reply;
  } catch (error) {
    if (!(error instanceof Error) || (error.name === 'ReplyError' && !CANNOT_SERVE.test(error.message))) throw error;
    throw new StoreUnavailableError(`Redis cannot be reached or cannot serve: ${error.message}`, { cause: error });
  }
}
