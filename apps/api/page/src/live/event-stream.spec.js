import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backOffMs, EventStream } from './event-stream.js';

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
  const refusal = (status, headers) => () => new Response('{}', { status, ...(headers && { headers }) });

  it('comes back after a refusal, from now on', async () => {
    answers = [events('id: 7-0\nevent: list\ndata: {}\n\n'), refusal(400), events('')];
    start();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(states).toEqual(['connecting', 'live', 'waiting', 'connecting', 'refused']);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(states.slice(5, 6)).toEqual(['live']);
    expect(resumed.slice(0, 3)).toEqual([null, '7-0', null]);
  });

  it('does not ask again with a key that is not known', async () => {
    answers = [refusal(401)];
    start();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(states).toEqual(['connecting', 'refused']);
  });

  it('waits for as long as it is asked to', async () => {
    answers = [refusal(429, { 'retry-after': '20' })];
    start();
    await vi.advanceTimersByTimeAsync(19_000);
    expect(resumed).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(resumed).toHaveLength(2);
  });

  it('keeps its connection when an event cannot be taken in, tells the mistake and goes on', async () => {
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
