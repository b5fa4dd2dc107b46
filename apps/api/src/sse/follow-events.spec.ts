import { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { compareEventIds } from './event-id.js';
import { followEvents, OutrunError } from './follow-events.js';
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

  /** Tells them together. */
  push(...ids: readonly string[]): void {
    this.pushed = ids.at(-1) ?? this.pushed;
    for (const listener of this.listeners) listener.events(ids);
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

interface Connected {
  readonly connection: SseConnection;
  readonly sent: string[];
  readonly raw: Writable;
}

function connect(): Connected {
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
  return { connection: new SseConnection(raw, options), sent, raw };
}

/** A list of so many pieces as of the latest id, with something happening between them. */
function listOf(events: Events, pieces: number, between: () => void): () => Promise<PresentState> {
  return async () => {
    const id = await events.latestId();
    async function* read(): AsyncGenerator<string> {
      for (let i = 1; i < pieces; i++) {
        yield 'piece';
        await nextTurn();
        between();
      }
      yield `all at ${id}`;
    }
    return { id, pieces: read() };
  };
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

  it('sends of what is pushed together what the reader does not have yet', async () => {
    const events = new Events();
    events.kept.push('1-0', '2-0', '3-0');
    const { connection, sent } = connect();
    await followEvents(events, connection, '1-0');
    events.push('2-0', '3-0', '4-0', '5-0');
    events.push('5-0');
    expect(sent).toEqual(['2-0', '3-0', '4-05-0']);
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

  describe('with a list that follows a reset', () => {
    it('sends it in pieces, and then what happened meanwhile', async () => {
      const events = new Events();
      for (const id of ids(1, 5)) events.publish(id);
      events.trimmedTo = '3-0';
      let next = 6;
      events.state = listOf(events, 3, () => events.publish(`${next++}-0`));
      const { connection, sent } = connect();
      await followEvents(events, connection, '1-0');
      events.publish('8-0');
      expect(sent).toEqual(['reset', 'piece', 'piece', 'all at 5-0', '6-0', '7-0', '8-0']);
    });

    it('waits between the pieces until the reader has taken what was sent', async () => {
      const events = new Events();
      events.publish('5-0');
      events.trimmedTo = '3-0';
      events.state = listOf(events, 50, () => undefined);
      const taken: (() => void)[] = [];
      const raw = new Writable({
        highWaterMark: 10,
        decodeStrings: false,
        write: (_chunk, _encoding, done) => void taken.push(done),
      });
      over.push(() => raw.destroy());
      const draining = new AbortController().signal;
      const options = { heartbeatMs: 15_000, maxBufferedBytes: 1e6, stallMs: 60_000, draining, onEnd: () => undefined };
      const following = followEvents(events, new SseConnection(raw, options), '1-0');
      for (let i = 0; i < 40; i++) {
        // A reader that is slower than the list.
        for (let turn = 0; turn < 5; turn++) await nextTurn();
        expect(raw.writableLength).toBeLessThan(30);
        taken.shift()?.();
      }
      raw.destroy();
      await following;
      await vi.waitFor(() => expect(events.listeners.size).toBe(0));
    });

    it('begins anew when more happened during the list than is kept, and gives up after the third time', async () => {
      const events = new Events();
      for (const id of ids(1, 5)) events.publish(id);
      events.trimmedTo = '3-0';
      let next = 6;
      const outrun = (): void => {
        for (let i = 0; i < 5; i++) events.publish(`${next++}-0`);
        events.trimmedTo = `${next - 2}-0`;
      };
      let times = 2;
      events.state = listOf(events, 2, () => {
        if (times-- > 0) outrun();
      });
      const { connection, sent } = connect();
      await followEvents(events, connection, '1-0');
      expect(sent.filter((text) => text === 'reset')).toHaveLength(3);
      expect(sent.at(-1)).toBe('all at 15-0');

      times = 3;
      const given = connect();
      await expect(followEvents(events, given.connection, '1-0')).rejects.toThrow(OutrunError);
      expect(given.sent.filter((text) => text === 'reset')).toHaveLength(3);
    });

    it('hands on that the list cannot be read', async () => {
      const events = new Events();
      events.publish('5-0');
      events.trimmedTo = '3-0';
      events.state = () => Promise.reject(new Error('away'));
      await expect(followEvents(events, connect().connection, '1-0')).rejects.toThrow('away');
    });
  });

  describe('with a filter', () => {
    it('moves on past what is left out, and has heartbeats tell it', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      try {
        const events = new Events();
        events.wanted = (id) => id.endsWith('-1');
        const { connection, sent } = connect();
        await followEvents(events, connection, null);
        const beat = (): string[] => {
          sent.length = 0;
          vi.advanceTimersByTime(15_000);
          return [...sent];
        };
        expect(beat()).toEqual([':\n\n']);
        events.publish('5-0');
        expect(beat()).toEqual(['id: 5-0\n\n']);
        expect(beat()).toEqual([':\n\n']);
        events.publish('6-0');
        events.publish('6-1');
        // The event itself has told it.
        expect(beat()).toEqual([':\n\n']);
      } finally {
        for (const end of over.splice(0)) end();
        await nextTurn();
        vi.useRealTimers();
      }
    });

    it('tells no position in the middle of a list', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      try {
        const events = new Events();
        events.wanted = () => false;
        events.publish('5-0');
        const { connection, sent } = connect();
        events.state = listOf(events, 3, () => {
          events.publish('6-0');
          vi.advanceTimersByTime(15_000);
        });
        events.meanwhile = () => {
          if (events.reads === 1) events.push('5-1');
        };
        await followEvents(events, connection, '1-0');
        expect(sent).toEqual(['reset', 'piece', ':\n\n', 'piece', ':\n\n', 'all at 5-0']);
        vi.advanceTimersByTime(15_000);
        expect(sent.at(-1)).toBe('id: 6-0\n\n');
      } finally {
        for (const end of over.splice(0)) end();
        await nextTurn();
        vi.useRealTimers();
      }
    });
  });

  it('ends a reader when events may be missing', async () => {
    const events = new Events();
    events.publish('5-0');
    const live = connect();
    await followEvents(events, live.connection, null);
    const behind = connect();
    events.meanwhile = () => {
      for (const listener of events.listeners) listener.lost();
    };
    await followEvents(events, behind.connection, '1-0');
    expect([live.raw.writableEnded, behind.raw.writableEnded]).toEqual([true, true]);
    await vi.waitFor(() => expect(events.listeners.size).toBe(0));
  });

  it('tells what holds for all readers, to those who begin and those who go on', async () => {
    const events = new Events();
    events.publish('5-0');
    events.standing = 'away';
    const { connection, sent } = connect();
    await followEvents(events, connection, '5-0');
    for (const listener of events.listeners) listener.notice('back');
    expect(sent).toEqual(['away', 'back']);
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

  it('loses nothing and repeats nothing, whatever is left out, trimmed and listed anew', async () => {
    let resets = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          before: fc.integer({ min: 0, max: 150 }),
          from: fc.integer({ min: 0, max: 160 }),
          keeps: fc.integer({ min: 40, max: 120 }),
          lag: fc.integer({ min: 0, max: 10 }),
          every: fc.integer({ min: 1, max: 4 }),
          bursts: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 10 }),
        }),
        async ({ before, from, keeps, lag, every, bursts }) => {
          const events = new Events();
          const isWanted = (id: string): boolean => Number(id.split('-')[0]) % every === 0;
          events.wanted = isWanted;
          let next = 1;
          let toPush = 1;
          const happen = (count: number, behind: number): void => {
            for (let i = 0; i < count; i++) {
              events.kept.push(`${next++}-0`);
              if (events.kept.length > keeps) events.trimmedTo = events.kept.shift() ?? '0-0';
            }
            const told: string[] = [];
            while (toPush < next - behind) told.push(`${toPush++}-0`);
            if (told.length > 0) events.push(...told);
          };
          happen(before, lag);
          const more = [...bursts];
          const burst = (): void => happen(more.shift() ?? 0, lag);
          events.meanwhile = burst;
          events.state = listOf(events, 3, burst);
          const { connection, sent } = connect();
          const lastEventId = `${Math.min(from, before)}-0`;
          const given = await followEvents(events, connection, lastEventId).then(
            () => false,
            (error: unknown) => error instanceof OutrunError,
          );
          happen(5, 0);
          const texts = sent.filter((text) => text !== '');
          const lastReset = texts.lastIndexOf('reset');
          resets += lastReset === -1 ? 0 : 1;
          if (given) {
            expect(texts.filter((text) => text === 'reset')).toHaveLength(3);
            return;
          }
          // Those that were pushed together came as one text.
          const since = texts
            .slice(lastReset + 1)
            .filter((text) => text !== 'piece')
            .flatMap((text) => (text.startsWith('all at ') ? [text] : [...text.matchAll(/\d+?-0/g)].map(([id]) => id)));
          const listed = lastReset === -1 ? lastEventId : (since.shift() ?? '').replace('all at ', '');
          const expected = ids(1, next - 1).filter((id) => compareEventIds(id, listed) > 0 && isWanted(id));
          expect(since).toEqual(expected);
        },
      ),
      { numRuns: 150 },
    );
    // Else it has shown nothing about them.
    expect(resets).toBeGreaterThan(0);
  });
});
