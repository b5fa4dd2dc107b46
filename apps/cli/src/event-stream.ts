import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiProblem, CommandFailure, EXIT, isProblem } from './failure.js';
import type { Session } from './session.js';

/** One event of the stream; `data` as it came. */
export interface StreamEvent {
  readonly type: string;
  readonly id: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The service sends something every 15 s. */
const SILENT_MS = 40_000;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Follows a stream of events, and goes on after the last one that came when the connection ends. Ends with the signal.
 *
 * @param path with its query, such as `/api/v1/events?types=instance.*`
 * @param onTrouble called with a sentence when it has to connect again
 * @throws ApiProblem for an answer that repeating does not mend, such as a key that is rejected
 */
export async function* followEvents(
  { profile: { url, key }, signal }: Session,
  path: string,
  onTrouble: (sentence: string) => void,
): AsyncGenerator<StreamEvent> {
  let lastId: string | null = null;
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const connection = new AbortController();
    const silence = setTimeout(() => connection.abort(), SILENT_MS);
    try {
      const response = await fetch(`${url}${path}`, {
        headers: {
          accept: 'text/event-stream',
          ...(key !== null && { authorization: `Bearer ${key}` }),
          ...(lastId !== null && { 'last-event-id': lastId }),
        },
        signal: AbortSignal.any([signal, connection.signal]),
      });
      if (!response.ok || response.body === null) throw await rejectionOf(response);
      const reader = new EventReader();
      for await (const line of createInterface({
        input: Readable.fromWeb(response.body),
        crlfDelay: Number.POSITIVE_INFINITY,
      })) {
        silence.refresh();
        const event = reader.line(line);
        lastId = reader.lastId ?? lastId;
        if (event === null) continue;
        pauseMs = FIRST_PAUSE_MS;
        yield event;
      }
      onTrouble('the stream ended; connecting again');
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof CommandFailure) throw error;
      onTrouble(`the stream broke (${error instanceof Error ? error.message : String(error)}); connecting again`);
    } finally {
      clearTimeout(silence);
      connection.abort();
    }
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

/** @returns what ends the command, or an error after which the stream is tried again */
async function rejectionOf(response: Response): Promise<Error> {
  const answer: unknown = await response.json().catch(() => null);
  if (response.status >= 500 || response.status === 429) return new Error(`it answers ${response.status}`);
  if (isProblem(answer)) return new ApiProblem(answer);
  return new CommandFailure(`the stream answers ${response.status}, and not as a fleet does`, EXIT.failed);
}

/** Puts the lines of an event stream together: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
export class EventReader {
  lastId: string | null = null;
  private type = '';
  private data: string[] = [];

  /** @returns the event that the line ends; null while there is none */
  line(line: string): StreamEvent | null {
    if (line === '') return this.dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return null;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.type = value;
    if (field === 'data') this.data.push(value);
    if (field === 'id') this.lastId = value;
    return null;
  }

  private dispatch(): StreamEvent | null {
    const [type, text] = [this.type, this.data.join('\n')];
    [this.type, this.data] = ['', []];
    if (text === '') return null;
    const data: unknown = JSON.parse(text);
    if (typeof data !== 'object' || data === null) return null;
    return { type: type === '' ? 'message' : type, id: this.lastId, data: { ...data } };
  }
}
