import { streamPosition } from '@app/redis';
import { InvalidCursorError } from '../store-errors.js';

/**
 * @param entryId an id of the change feed, or `BEFORE_FIRST_ENTRY`; may come from a client
 * @returns it as the feed writes it, without leading zeros
 * @throws InvalidCursorError
 */
export function feedPosition(entryId: string): string {
  const position = streamPosition(entryId);
  if (position === null) throw new InvalidCursorError('not the id of a change');
  return position.join('-');
}
