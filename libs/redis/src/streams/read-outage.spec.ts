import { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ReadOutage } from './read-outage.js';

describe('the outage of a reader', () => {
  let connection: EventEmitter;
  let told: unknown[];
  let outage: ReadOutage;

  beforeEach(() => {
    vi.useFakeTimers();
    connection = new EventEmitter();
    told = [];
    outage = new ReadOutage(connection as unknown as Redis, (reason) => told.push(reason));
  });
  afterEach(() => void vi.useRealTimers());

  it('is told with its cause once the connection stays away for a second, and its end at once', () => {
    connection.emit('ready');
    const cause = new Error('refused');
    connection.emit('error', cause);
    connection.emit('close');
    vi.advanceTimersByTime(999);
    expect(told).toEqual([null]);
    connection.emit('close');
    vi.advanceTimersByTime(1);
    connection.emit('close');
    vi.advanceTimersByTime(5_000);
    expect(told).toEqual([null, cause]);
    connection.emit('ready');
    outage.over();
    expect(told).toEqual([null, cause, null]);
  });

  it('is none when the connection is made anew within a second', () => {
    outage.over();
    connection.emit('close');
    vi.advanceTimersByTime(500);
    connection.emit('ready');
    vi.advanceTimersByTime(5_000);
    expect(told).toEqual([null]);
  });

  it('is told at once when a read fails, once for each', () => {
    const [first, second] = [new Error('first'), new Error('second')];
    outage.begin(first);
    outage.begin(second);
    outage.over();
    outage.begin(second);
    expect(told).toEqual([first, null, second]);
  });

  it('is not told of a connection that was given up', () => {
    connection.emit('close');
    outage.forget();
    vi.advanceTimersByTime(5_000);
    expect(told).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
    expect(connection.eventNames()).toEqual([]);
  });
});
