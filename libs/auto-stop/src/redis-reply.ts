import { StoreUnavailableError } from '@app/instance-store';
import { orUnavailable } from '@app/redis';

/** @throws StoreUnavailableError when Redis cannot serve; its own error for a wrong question */
export function orStoreUnavailable<Reply>(reply: Promise<Reply>): Promise<Reply> {
  return orUnavailable(reply, (text, cause) => new StoreUnavailableError(text, { cause }));
}
