import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SseConnection, type SseEnd } from './sse-connection.js';

/** A reader that reads what is sent only on demand. */
class Reader extends Writable {
  readonly taken: string[] = [];
  private pending: (() => void)[] = [];

  constructor(private readonly isQuick: boolean) {
    super({ highWaterMark: 10, decodeStrings: false });
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    this.taken.push(chunk);
    if (this.isQuick) done();
    else this.pending.push(done);
  }

  /** Takes what there is, and what comes after it. */
  takeAll(): void {
    const { pending } = this;
    this.pending = [];
    for (const done of pending) done();
    if (this.writableLength > 0) setImmediate(() => this.takeAll());
  }
}

describe('SseConnection', () => {
  let draining: AbortController;
  let ends: SseEnd[];
  let isEntitled: boolean;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    draining = new AbortController();
    ends = [];
    isEntitled = true;
  });
  afterEach(() => {
    const left = vi.getTimerCount();
    vi.useRealTimers();
    if (left > 0) throw new Error(`${left} timers were left behind`);
  });

  function connect(reader: Reader): SseConnection {
    return new SseConnection(reader, {
      heartbeatMs: 15_000,
      maxBufferedBytes: () => 100,
      stallMs: 30_000,
      isEntitled: () => isEntitled,
      draining: draining.signal,
      onEnd: (end) => ends.push(end),
    });
  }

  const closed = (reader: Reader): Promise<unknown> =>
    vi.waitFor(() => expect([reader.closed, ends.length]).toEqual([true, 1]));

  it('ends with the first heartbeat at which its key is worth nothing any more', async () => {
    const reader = new Reader(true);
    connect(reader);
    vi.advanceTimersByTime(15_000);
    expect(ends).toEqual([]);
    isEntitled = false;
    vi.advanceTimersByTime(15_000);
    await closed(reader);
    expect(ends).toEqual(['key']);
  });

  it('sends what it is given, and a comment now and then', async () => {
    const reader = new Reader(true);
    const connection = connect(reader);
    connection.send('data: 1\n\n');
    expect(reader.taken).toEqual(['data: 1\n\n']);
    vi.advanceTimersByTime(30_000);
    expect(reader.taken).toEqual(['data: 1\n\n', ':\n\n', ':\n\n']);
    reader.destroy();
    await closed(reader);
    expect(ends).toEqual(['client']);
    expect(connection.closed.aborted).toBe(true);
    connection.send('more');
    expect(reader.taken).toHaveLength(3);
  });

  it('cuts off a reader that does not keep up, and never holds more than the limit and one event', async () => {
    const reader = new Reader(false);
    const connection = connect(reader);
    const event = 'x'.repeat(30);
    for (let i = 0; i < 100; i++) {
      connection.send(event);
      expect(reader.writableLength).toBeLessThanOrEqual(130);
    }
    await closed(reader);
    expect(ends).toEqual(['slow']);
  });

  it('lets one event be larger than what may wait, for a reader that keeps up', async () => {
    const quick = new Reader(true);
    const connection = connect(quick);
    connection.send('x'.repeat(1_000));
    connection.send(Buffer.from('and on'));
    expect(quick.taken.map(String)).toEqual(['x'.repeat(1_000), 'and on']);
    quick.destroy();
    await closed(quick);
    expect(ends).toEqual(['client']);

    ends.length = 0;
    const slow = new Reader(false);
    connect(slow).send('x'.repeat(1_000));
    // The next heartbeat finds that it still has not been taken.
    vi.advanceTimersByTime(15_000);
    await closed(slow);
    expect(ends).toEqual(['slow']);
  });

  it('has heartbeats carry a position when there is one', async () => {
    const reader = new Reader(true);
    let position: string | null = '5-0';
    connect(reader).carry(() => position);
    vi.advanceTimersByTime(15_000);
    position = null;
    vi.advanceTimersByTime(15_000);
    expect(reader.taken).toEqual(['id: 5-0\n\n', ':\n\n']);
    reader.destroy();
    await closed(reader);
  });

  it('has heartbeats ask all that share it, and send the latest position', async () => {
    const reader = new Reader(true);
    const connection = connect(reader);
    let first: string | null = '5-0~1-0';
    let second: string | null = '5-0~7-0';
    connection.carry(() => first);
    connection.carry(() => second);
    vi.advanceTimersByTime(15_000);
    second = null;
    vi.advanceTimersByTime(15_000);
    first = null;
    vi.advanceTimersByTime(15_000);
    expect(reader.taken).toEqual(['id: 5-0~7-0\n\n', 'id: 5-0~1-0\n\n', ':\n\n']);
    reader.destroy();
    await closed(reader);
  });

  it('ends when the process drains, after what was sent', async () => {
    const reader = new Reader(true);
    const connection = connect(reader);
    connection.send('last');
    draining.abort();
    await closed(reader);
    expect(reader.writableFinished).toBe(true);
    expect(ends).toEqual(['drained']);
  });

  it('ends at once in a process that drains already', async () => {
    draining.abort();
    const reader = new Reader(true);
    const connection = connect(reader);
    connection.send('too late');
    await closed(reader);
    expect(reader.taken).toEqual([]);
    expect(ends).toEqual(['drained']);
  });

  it('does not wait for a reader that takes nothing when the process drains', async () => {
    const reader = new Reader(false);
    connect(reader).send('x');
    draining.abort();
    vi.advanceTimersByTime(1_000);
    await closed(reader);
    expect(ends).toEqual(['drained']);
  });

  it('is over at once for an answer that nobody waits for any more', async () => {
    const reader = new Reader(true);
    reader.destroy();
    const connection = connect(reader);
    expect(connection.closed.aborted).toBe(true);
    await connection.drained();
    await closed(reader);
    expect(ends).toEqual(['client']);
  });

  it('swallows the error of a broken connection', async () => {
    const reader = new Reader(true);
    connect(reader);
    reader.destroy(new Error('ECONNRESET'));
    await closed(reader);
    expect(ends).toEqual(['client']);
  });

  describe('drained', () => {
    it('is at once while there is room', async () => {
      const reader = new Reader(true);
      const connection = connect(reader);
      connection.send('x'.repeat(50));
      await connection.drained();
      expect(connection.closed.aborted).toBe(false);
      reader.destroy();
      await closed(reader);
    });

    it('waits until the reader has taken what was sent', async () => {
      const reader = new Reader(false);
      const connection = connect(reader);
      connection.send('x'.repeat(50));
      let isDrained = false;
      const drained = connection.drained().then(() => {
        isDrained = true;
      });
      await Promise.resolve();
      expect(isDrained).toBe(false);
      reader.takeAll();
      await drained;
      reader.destroy();
      await closed(reader);
      expect(ends).toEqual(['client']);
    });

    it('cuts off a reader that takes nothing for too long', async () => {
      const reader = new Reader(false);
      const connection = connect(reader);
      connection.send('x'.repeat(50));
      const drained = connection.drained();
      vi.advanceTimersByTime(30_000);
      await drained;
      await closed(reader);
      expect(ends).toEqual(['slow']);
    });
  });
});
