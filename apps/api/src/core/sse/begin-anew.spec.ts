import { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { alsoDisconnect, connect, disconnectAll, ids, KeptEvents, listOf } from '../../../test/support/kept-events.js';
import { followEvents, OutrunError } from './follow-events.js';
import { SseConnection } from './sse-connection.js';

describe('followEvents', () => {
  afterEach(() => {
    disconnectAll();
  });

  describe('with a list that follows a reset', () => {
    it('sends it in pieces, and then what happened meanwhile', async () => {
      const events = new KeptEvents();
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
      const events = new KeptEvents();
      events.publish('5-0');
      events.trimmedTo = '3-0';
      events.state = listOf(events, 50, () => undefined);
      const taken: (() => void)[] = [];
      const raw = new Writable({
        highWaterMark: 10,
        decodeStrings: false,
        write: (_chunk, _encoding, done) => void taken.push(done),
      });
      alsoDisconnect(() => raw.destroy());
      const draining = new AbortController().signal;
      const options = {
        heartbeatMs: 15_000,
        maxBufferedBytes: () => 1e6,
        stallMs: 60_000,
        isEntitled: () => true,
        draining,
        onEnd: () => undefined,
      };
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
      const events = new KeptEvents();
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
      const events = new KeptEvents();
      events.publish('5-0');
      events.trimmedTo = '3-0';
      events.state = () => Promise.reject(new Error('away'));
      await expect(followEvents(events, connect().connection, '1-0')).rejects.toThrow('away');
    });
  });

  describe('with a filter', () => {
    it('moves on past what is left out, and has heartbeats carry it', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      try {
        const events = new KeptEvents();
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
        // The event itself has carried it.
        expect(beat()).toEqual([':\n\n']);
      } finally {
        disconnectAll();
        await nextTurn();
        vi.useRealTimers();
      }
    });

    it('sends no position in the middle of a list', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      try {
        const events = new KeptEvents();
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
        disconnectAll();
        await nextTurn();
        vi.useRealTimers();
      }
    });
  });
});
