import { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { compareEventIds } from './event-id.js';
import { followEvents } from './follow-events.js';
import type { EventListener, PresentState, ResumableEvents } from './resumable-events.js';
import { SseConnection } from './sse-connection.js';

/** Events that are known by their ids alone; what is kept and what was pushed move apart as a test likes. */
class Events implements ResumableEvents<string> {
  readonly kept: string[] = [];
  readonly listeners = new Set<EventListener<string>>();
  /** Called in the middle of every read. */
  meanwhile: () => void = () => undefined;
  trimmedTo = '0-0';
  /** Which of them the reader wants. */
  wanted: (id: string) => boolean = () => true;
  /** What a reader that goes on is told beside. */
  standing = '';
  /** What follows a reset. */
  state: () => Promise<PresentState> | null = () => null;
  reads = 0;
  private pushed = '0-0';

  publish(id: string): void {
    this.kept.push(id);
    this.push(id);
  }

  push(id: string): void {
    this.pushed = id;
    for (const listener of this.listeners) listener.events([id]);
  }

  subscribe(listener: EventListener<string>): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  async eventsAfter(id: string, limit: number): Promise<readonly string[] | null> {
    this.reads++;
    const found = this.kept.filter((kept) => compareEventIds(kept, id) > 0).slice(0, limit);
    const isTrimmed = compareEventIds(id, this.trimmedTo) < 0;
    await nextTurn();
    this.meanwhile();
    await nextTurn();
    return isTrimmed ? null : found;
  }

  async latestId(): Promise<string> {
    return this.kept.at(-1) ?? '0-0';
  }

  idOf(id: string): string {
    return id;
  }

  knownId(): string {
    return this.pushed;
  }

  wants(id: string): boolean {
    return this.wanted(id);
  }

  render(ids: readonly string[]): string {
    return ids.filter(this.wanted).join('');
  }

  begin(): { readonly text: string; readonly id: string } {
    return { text: `state at ${this.pushed}`, id: this.pushed };
  }

  resume(): string {
    return this.standing;
  }

  reset(): string {
    return 'reset';
  }

  present(): Promise<PresentState> | null {
    return this.state();
  }
}

const over: (() => void)[] = [];

function connect(): { readonly connection: SseConnection; readonly sent: string[] } {
  const sent: string[] = [];
  const raw = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      sent.push(chunk);
      done();
    },
  });
  over.push(() => raw.destroy());
  const draining = new AbortController().signal;
  const options = { heartbeatMs: 15_000, maxBufferedBytes: 1e6, stallMs: 1_000, draining, onEnd: () => undefined };
  return { connection: new SseConnection(raw, options), sent };
}

const ids = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, i) => `${from + i}-0`);

describe('followEvents', () => {
  afterEach(() => {
    for (const end of over.splice(0)) end();
  });

  it('begins with the present state and goes on with what is pushed, without a read', async () => {
    const events = new Events();
    events.publish('5-0');
    const { connection, sent } = connect();
    await followEvents(events, connection, null);
    events.publish('6-0');
    events.push('6-0');
    events.publish('6-1');
    expect(sent).toEqual(['state at 5-0', '6-0', '6-1']);
    expect(events.reads).toBe(0);
  });

  it('goes on after the event that the reader names', async () => {
    const events = new Events();
    for (const id of ids(1, 200)) events.publish(id);
    const { connection, sent } = connect();
    await followEvents(events, connection, '3-0');
    events.publish('201-0');
    expect(sent).toEqual(ids(4, 201));
  });

  it('sends nothing to begin with when nothing came after it', async () => {
    const events = new Events();
    events.publish('3-0');
    const { connection, sent } = connect();
    await followEvents(events, connection, '3-0');
    expect(sent).toEqual([]);
    events.publish('4-0');
    expect(sent).toEqual(['4-0']);
  });

  it('takes in what is pushed while it reads, once', async () => {
    const events = new Events();
    for (const id of ids(1, 3)) events.publish(id);
    const { connection, sent } = connect();
    let next = 4;
    events.meanwhile = () => {
      if (next <= 8) events.publish(`${next++}-0`);
    };
    await followEvents(events, connection, '1-0');
    events.publish('9-0');
    expect(sent).toEqual(ids(2, 9));
  });

  it('does not send again what is pushed late', async () => {
    const events = new Events();
    events.kept.push('1-0', '2-0', '3-0');
    const { connection, sent } = connect();
    await followEvents(events, connection, '1-0');
    events.push('2-0');
    events.push('3-0');
    events.publish('4-0');
    expect(sent).toEqual(['2-0', '3-0', '4-0']);
  });

  it.each([
    ['is not kept any more', '1-0'],
    ['is from a time that has not come', '9999-0'],
  ])('tells the reader to begin anew when its event %s', async (_what, lastEventId) => {
    const events = new Events();
    for (const id of ids(1, 5)) events.publish(id);
    events.trimmedTo = '3-0';
    const { connection, sent } = connect();
    await followEvents(events, connection, lastEventId);
    events.publish('6-0');
    expect(sent).toEqual(['reset', 'state at 5-0', '6-0']);
  });

  it('takes an event that only another process knows yet for what it is', async () => {
    const events = new Events();
    events.push('4-0');
    events.kept.push('4-0', '5-0');
    const { connection, sent } = connect();
    await followEvents(events, connection, '5-0');
    events.push('5-0');
    events.publish('6-0');
    expect(sent).toEqual(['6-0']);
  });

  it('begins anew when what was pushed is not among what is kept', async () => {
    const events = new Events();
    events.publish('3-0');
    const { connection, sent } = connect();
    events.meanwhile = () => {
      if (events.reads === 1) events.push('4-0');
    };
    await followEvents(events, connection, '3-0');
    expect(sent).toEqual(['reset', 'state at 4-0']);
  });

  it('unsubscribes when the reader goes away, also while it catches up', async () => {
    const events = new Events();
    for (const id of ids(1, 500)) events.publish(id);
    const { connection } = connect();
    events.meanwhile = () => over.at(-1)?.();
    await followEvents(events, connection, '1-0');
    expect(events.listeners.size).toBe(0);
    expect(events.reads).toBeLessThan(3);
    await followEvents(events, connection, '1-0');
    expect(events.listeners.size).toBe(0);
  });

  it('hands on that the events cannot be reached', async () => {
    const events = new Events();
    events.publish('3-0');
    events.eventsAfter = () => Promise.reject(new Error('away'));
    await expect(followEvents(events, connect().connection, '1-0')).rejects.toThrow('away');
  });

  it('loses nothing and repeats nothing, however reading and pushing fall together', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 120 }),
        fc.integer({ min: 0, max: 130 }),
        fc.integer({ min: 0, max: 10 }),
        fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 8 }),
        async (before, from, lag, bursts) => {
          const events = new Events();
          let next = 1;
          let toPush = 1;
          const keep = (): void => void events.kept.push(`${next++}-0`);
          // What is pushed lies behind what is kept by a few.
          const push = (behind: number): void => {
            while (toPush < next - behind) events.push(`${toPush++}-0`);
          };
          for (let i = 0; i < before; i++) keep();
          push(lag);
          const lastEventId = `${Math.min(from, before)}-0`;
          const { connection, sent } = connect();
          const more = [...bursts];
          events.meanwhile = () => {
            for (let i = more.shift() ?? 0; i > 0; i--) keep();
            push(lag);
          };
          await followEvents(events, connection, lastEventId);
          for (let i = 0; i < 3; i++) keep();
          push(0);
          expect(sent).toEqual(ids(Math.min(from, before) + 1, next - 1));
        },
      ),
      { numRuns: 60 },
    );
  });
});
