import { validationFailed } from '@app/platform';
import { ApiHeader } from '@nestjs/swagger';
import { isEventId } from './event-id.js';

/** The headers and query parameters of a stream say it in the same words. */
export const LAST_EVENT_ID_QUERY = {
  description: 'For clients that cannot send the `Last-Event-ID` header, which wins over it.',
  example: '1772359201000-0',
} as const;

export function LastEventIdHeader(): MethodDecorator {
  return ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The `id` of the last event that was seen: every later one is sent, none of them twice.',
    schema: { type: 'string', example: LAST_EVENT_ID_QUERY.example },
  });
}

/**
 * The event that a reader wants to go on after; null when it names none.
 *
 * @throws Problem `validation-failed`
 */
export function lastEventIdOf(header: string | undefined, query: string | undefined): string | null {
  const [id, pointer] = header === undefined || header === '' ? [query, '?lastEventId'] : [header, 'Last-Event-ID'];
  if (id === undefined || id === '') return null;
  if (!isEventId(id)) throw validationFailed([{ pointer, detail: 'is not the id of an event' }]);
  return id;
}
