import { validationFailed } from '@app/platform';
import { ApiHeader } from '@nestjs/swagger';

export interface SseEvent {
  /** The id that a reader names to go on after it; holds no line break. */
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

/** The event with another id; one without an id stays as it is. @param text of one event */
export function withSseId(text: string, id: string): string {
  return text.startsWith('id: ') ? `id: ${oneField(id)}${text.slice(text.indexOf('\n'))}` : text;
}

/** Moves the id that a reader comes back with, and is no event for it: there is no data. */
export function formatSsePosition(id: string): string {
  return `id: ${oneField(id)}\n\n`;
}

/** A comment: readers ignore it, and proxies keep the connection open for it. */
export const SSE_HEARTBEAT = ':\n\n';

/** How long a reader waits before it connects again after the stream has ended. */
export function formatSseRetry(ms: number): string {
  return `retry: ${Math.round(ms)}\n\n`;
}

function oneField(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new RangeError('a line break in a field of an event');
  return text;
}

/** Ids as Redis streams make them: milliseconds and a counter within them. */
const EVENT_ID = /^(\d{1,15})-(\d{1,15})$/;

export function isEventId(text: string): boolean {
  return EVENT_ID.test(text);
}

/**
 * Negative when `a` comes before `b`, positive when it comes after it, 0 when they are the same.
 *
 * @throws RangeError for what is no event id
 */
export function compareEventIds(a: string, b: string): number {
  const [aMs, aCount] = partsOf(a);
  const [bMs, bCount] = partsOf(b);
  return aMs - bMs || aCount - bCount;
}

function partsOf(id: string): readonly [number, number] {
  const match = EVENT_ID.exec(id);
  if (match === null) throw new RangeError('not the id of an event');
  return [Number(match[1]), Number(match[2])];
}

/** The header and the query parameter of every stream are described in the same words. */
export const LAST_EVENT_ID_QUERY = {
  description: 'For clients that cannot send the `Last-Event-ID` header, which wins over it.',
  example: '1772359201000-0',
} as const;

export function LastEventIdHeader(): MethodDecorator {
  return ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The `id` of the last event that you got: every later one is sent, none of them twice.',
    schema: { type: 'string', example: LAST_EVENT_ID_QUERY.example },
  });
}

/**
 * The event that a reader wants to go on after; null when it names none.
 *
 * @throws Problem `validation-failed`
 */
export function lastEventIdOf(
  header: string | undefined,
  query: string | undefined,
  isId: (text: string) => boolean = isEventId,
): string | null {
  const [id, pointer] = header === undefined || header === '' ? [query, '?lastEventId'] : [header, 'Last-Event-ID'];
  if (id === undefined || id === '') return null;
  if (!isId(id)) throw validationFailed([{ pointer, detail: 'is not the id of an event' }]);
  return id;
}
