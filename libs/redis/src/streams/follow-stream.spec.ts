import { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isAfter, ReadOutage, type StreamPosition, streamPosition } from './follow-stream.js';

describe('the outage of a reader', () => {
  let connection: EventEmitter;
  let reasons: unknown[];
  let outage: ReadOutage;

  beforeEach(() => {
    vi.useFakeTimers();
    connection = new EventEmitter();
    reasons = [];
    outage = new ReadOutage(connection as unknown as Redis, (reason) => reasons.push(reason));
  });
  afterEach(() => void vi.useRealTimers());

  it('is reported with its cause once the connection stays away for a second, and its end at once', () => {
    connection.emit('ready');
    const cause = new Error('refused');
    connection.emit('error', cause);
    connection.emit('close');
    vi.advanceTimersByTime(999);
    expect(reasons).toEqual([null]);
    connection.emit('close');
    vi.advanceTimersByTime(1);
    connection.emit('close');
    vi.advanceTimersByTime(5_000);
    expect(reasons).toEqual([null, cause]);
    connection.emit('ready');
    outage.over();
    expect(reasons).toEqual([null, cause, null]);
  });

  it('is none when the connection is made anew within a second', () => {
    outage.over();
    connection.emit('close');
    vi.advanceTimersByTime(500);
    connection.emit('ready');
    vi.advanceTimersByTime(5_000);
    expect(reasons).toEqual([null]);
  });

  it('is reported at once when a read fails, once for each', () => {
    const [first, second] = [new Error('first'), new Error('second')];
    outage.begin(first);
    outage.begin(second);
    outage.over();
    outage.begin(second);
    expect(reasons).toEqual([first, null, second]);
  });

  it('is not reported for a connection that was given up', () => {
    connection.emit('close');
    outage.forget();
    vi.advanceTimersByTime(5_000);
    expect(reasons).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
    expect(connection.eventNames()).toEqual([]);
  });
});

const position = (entryId: string): StreamPosition => streamPosition(entryId) ?? expect.unreachable();

describe('the position of an entry', () => {
  it('is ordered by time, then by count, as numbers', () => {
    expect(isAfter(position('10-0'), position('9-5'))).toBe(true);
    expect(isAfter(position('9-10'), position('9-9'))).toBe(true);
    expect(isAfter(position('9-9'), position('9-9'))).toBe(false);
    expect(isAfter(position('9-9'), position('10-0'))).toBe(false);
  });

  it.each(['', '0', '$', '-', '5-', 'a-b', '5-0 ', '5-0-0', '-5-0', '9999999999999999-0'])('is not %j', (id) => {
    expect(streamPosition(id)).toBeNull();
  });
});
