import type { Timestamp } from '@app/platform';
import { formatSseEvent, formatSseJson } from '../sse/format-sse-event.js';

/** What the stream says of itself. Only what a reader can go on after has an id. */

/** @param id null while nobody knows where the feed stands: whoever comes back then begins anew */
export function connectedText(id: string | null, at: Timestamp): string {
  return formatSseEvent({ ...(id !== null && { id }), event: 'connected', data: { type: 'connected', at } });
}

export function resetText(at: Timestamp): string {
  return formatSseEvent({
    event: 'reset',
    data: { type: 'reset', at, reason: 'events after the last one that was seen are not kept any more' },
  });
}

export function degradedText(since: Timestamp): string {
  return formatSseEvent({ event: 'degraded', data: { type: 'degraded', since } });
}

export function restoredText(at: Timestamp): string {
  return formatSseEvent({ event: 'restored', data: { type: 'restored', at } });
}

/** @param items instances as JSON, separated by commas */
export function listText(items: string): string {
  return formatSseJson({ event: 'list', json: `{"type":"list","instances":[${items}],"last":false}` });
}

/** Ends the list. @param id where the reader goes on, now that it has all of it */
export function lastListText(items: string, id: string): string {
  return formatSseJson({ id, event: 'list', json: `{"type":"list","instances":[${items}],"last":true}` });
}
