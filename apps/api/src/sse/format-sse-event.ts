export interface SseEvent {
  /** What a reader names to go on after it; holds no line break. */
  readonly id?: string;
  readonly event: string;
  /** Sent as JSON. */
  readonly data: unknown;
}

/**
 * One event as the stream carries it: https://html.spec.whatwg.org/multipage/server-sent-events.html. JSON holds no raw
 * line break, so one `data` line is always enough.
 *
 * @throws RangeError for an id or a name that would break out of its line
 */
export function formatSseEvent({ id, event, data }: SseEvent): string {
  return formatSseJson({ ...(id !== undefined && { id }), event, json: JSON.stringify(data) });
}

/**
 * The same, of data that is JSON already.
 *
 * @param json without raw line breaks
 * @throws RangeError as above
 */
export function formatSseJson({ id, event, json }: { id?: string; event: string; json: string }): string {
  const idLine = id === undefined ? '' : `id: ${oneField(id)}\n`;
  return `${idLine}event: ${oneField(event)}\ndata: ${json}\n\n`;
}

/** Moves the id that a reader comes back with, and is no event for it: there is no data. */
export function formatSsePosition(id: string): string {
  return `id: ${oneField(id)}\n\n`;
}

/** A comment: readers ignore it, and what lies between keeps the connection open. */
export const SSE_HEARTBEAT = ':\n\n';

/** How long a reader waits before it connects again after the stream has ended. */
export function formatSseRetry(ms: number): string {
  return `retry: ${Math.round(ms)}\n\n`;
}

function oneField(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new RangeError('a line break in a field of an event');
  return text;
}
