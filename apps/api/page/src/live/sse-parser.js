/**
 * @typedef {object} StreamEvent
 * @property {string} event
 * @property {string} data
 */

/**
 * Reads a stream of server-sent events piece by piece:
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class SseParser {
  /** @param {(event: StreamEvent) => void} onEvent */
  constructor(onEvent) {
    this.onEvent = onEvent;
    /** Of the latest event; kept over the life of the parser, as a reader resumes with it. */
    this.lastEventId = '';
    /** Milliseconds; null until the stream has said how long to wait before a new try. @type {number | null} */
    this.retryMs = null;
    this.rest = '';
    this.event = '';
    /** @type {string[]} */
    this.data = [];
    /** @type {string | null} */
    this.id = null;
  }

  /** To be called when a new stream begins: a half event of the one before must not be continued. */
  begin() {
    this.rest = '';
    this.reset();
  }

  /** @param {string} text */
  push(text) {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.line(line);
  }

  /** @param {string} line */
  line(line) {
    if (line === '') {
      this.dispatch();
      return;
    }
    if (line.startsWith(':')) return;
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.event = value;
    else if (field === 'id' && !value.includes('\0')) this.id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
  }

  dispatch() {
    if (this.id !== null) this.lastEventId = this.id;
    const { event, data } = this;
    this.reset();
    if (data.length > 0) this.onEvent({ event: event || 'message', data: data.join('\n') });
  }

  reset() {
    this.event = '';
    this.data = [];
    this.id = null;
  }
}
