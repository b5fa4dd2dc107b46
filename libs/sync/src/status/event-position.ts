import { STREAM_START, type StreamPosition, streamPosition } from '@app/redis';
import { InvalidEventIdError } from './sync-status-store.port.js';

/** Of the position before the first event. */
export const BEFORE_FIRST_EVENT = STREAM_START;

/**
 * @param eventId may come from a client
 * @throws InvalidEventIdError
 */
export function eventPosition(eventId: string): StreamPosition {
  const position = streamPosition(eventId);
  if (position === null) throw new InvalidEventIdError('not the id of an event of the sync');
  return position;
}
