import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backOffMs, EventStream, SseParser } from './event-stream.js';

describe('the wait before a new try', () => {
  it.each([
    [1, null, 250, 500],
    [2, null, 500, 1_000],
    [5, null, 4_000, 8_000],
    [50, null, 7_500, 15_000],
    [1, 2_000, 1_000, 1_250],
    [2, 2_000, 500, 1_000],
  ])('after %i failures, asked for %s ms, is from %i to %i ms', (failures, retryMs, least, most) => {
    expect(backOffMs(failures, retryMs, 0)).toBe(least);
    expect(backOffMs(failures, retryMs, 1)).toBe(most);
  });
});

/** @typedef {import('./event-stream.js').StreamState} StreamState */

describe('a stream of events', () => {
  /** @type {StreamState['kind'][]} */
  let states = [];
  /** @type {(() => Response)[]} what each try is answered with; without one it hangs */
  let answers = [];
  /** @type {(string | null)[]} */
  let resumed = [];
  const reported = vi.fn();
  /** @type {EventStream | null} */
  let stream = null;

  beforeEach(() => {
    vi.useFakeTimers();
    [states, answers, resumed] = [[], [], []];
    reported.mockClear();
    vi.stubGlobal('reportError', reported);
    vi.stubGlobal('fetch', (/** @type {string} */ _path, /** @type {RequestInit} */ init) => {
      resumed.push(new Headers(init.headers).get('last-event-id'));
      return answers.shift()?.() ?? new Promise(() => undefined);
    });
  });
  afterEach(() => {
    stream?.pause();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  /**
   * @param {(type: string) => void} [onEvent]
   * @param {() => void} [onMistake]
   */
  function start(onEvent = () => undefined, onMistake = () => undefined) {
    stream = new EventStream({
      path: '/events',
      key: 'k',
      onEvent,
      onMistake,
      onState: ({ kind }) => states.push(kind),
    });
    stream.start();
  }
  /** @param {string} text */
  const events = (text) => () => new Response(text);
  /** @param {number} status @param {HeadersInit} [headers] */
  const rejection = (status, headers) => () => new Response('{}', { status, ...(headers && { headers }) });

  it('comes back after a rejection, from now on', async () => {
    answers = [events('id: 7-0\nevent: list\ndata: {}\n\n'), rejection(400), events('')];
    start();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(states).toEqual(['connecting', 'live', 'waiting', 'connecting', 'rejected']);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(states.slice(5, 6)).toEqual(['live']);
    expect(resumed.slice(0, 3)).toEqual([null, '7-0', null]);
  });

  it('does not ask again with a key that is not known', async () => {
    answers = [rejection(401)];
    start();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(states).toEqual(['connecting', 'rejected']);
  });

  it('waits for as long as it is asked to', async () => {
    answers = [rejection(429, { 'retry-after': '20' })];
    start();
    await vi.advanceTimersByTimeAsync(19_000);
    expect(resumed).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(resumed).toHaveLength(2);
  });

  it('keeps its connection when an event cannot be applied, reports the mistake and goes on', async () => {
    /** @type {string[]} */
    const taken = [];
    const mistakes = vi.fn();
    answers = [events('event: a\ndata: {}\n\nevent: b\ndata: no json\n\nevent: c\ndata: {}\n\n')];
    start((type) => {
      if (type === 'a') throw new Error('a mistake of a view');
      taken.push(type);
    }, mistakes);
    await vi.advanceTimersByTimeAsync(10);
    expect(taken).toEqual(['c']);
    expect(mistakes).toHaveBeenCalledTimes(2);
    expect(reported).toHaveBeenCalledTimes(2);
    expect(states).toEqual(['connecting', 'live', 'waiting']);
  });
});

/** @param {readonly string[]} pieces */
function parse(...pieces) {
  /** @type {import('./event-stream.js').StreamEvent[]} */
  const events = [];
  const parser = new SseParser((event) => events.push(event));
  for (const piece of pieces) parser.push(piece);
  return { events, parser };
}

describe('SseParser', () => {
  it('reads events with their names, and keeps the id of the latest', () => {
    const { events, parser } = parse('retry: 2000\n\nid: 5-1\nevent: a\ndata: {"x":1}\n\ndata:no space\n\n');
    expect(events).toEqual([
      { event: 'a', data: '{"x":1}' },
      { event: 'message', data: 'no space' },
    ]);
    expect([parser.lastEventId, parser.retryMs]).toEqual(['5-1', 2_000]);
  });

  it('takes comments for a sign of life and nothing else', () => {
    expect(parse(':\n\n', ': hello\n\n').events).toEqual([]);
  });

  it('moves on with an id that comes alone, and emits no event', () => {
    const { events, parser } = parse('id: 7-0\n\n');
    expect([events, parser.lastEventId]).toEqual([[], '7-0']);
  });

  it('does not take the id of an event that was cut off', () => {
    const { parser } = parse('id: 1-0\ndata: x\n\n', 'id: 2-0\ndata: half');
    expect(parser.lastEventId).toBe('1-0');
    parser.begin();
    parser.push('data: whole\n\n');
    expect(parser.lastEventId).toBe('1-0');
  });

  it('joins bulk lines of data', () => {
    expect(parse('data: a\ndata: b\n\n').events).toEqual([{ event: 'message', data: 'a\nb' }]);
  });

  it('reads the same whatever the pieces it comes in', () => {
    const text = 'id: 1-0\r\nevent: a\r\ndata: one\r\n\r\nid: 2-0\nevent: b\ndata: two ü\n\n:\n\ndata: three\n\n';
    const whole = parse(text);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 12 }), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((end, place) => text.slice(places[place], end));
        const { events, parser } = parse(...pieces);
        expect(events).toEqual(whole.events);
        expect(parser.lastEventId).toBe('2-0');
      }),
    );
    expect(whole.events).toHaveLength(3);
  });
});
