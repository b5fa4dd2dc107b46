import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { connect, disconnectAll, ids, KeptEvents, listOf } from '../../../test/support/kept-events.js';
import { followEvents, OutrunError } from './follow-events.js';
import { compareEventIds } from './sse-format.js';

describe('whoever follows events', () => {
  afterEach(() => {
    disconnectAll();
  });

  it('loses nothing and repeats nothing, however reading and pushing fall together', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 120 }),
        fc.integer({ min: 0, max: 130 }),
        fc.integer({ min: 0, max: 10 }),
        fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 8 }),
        async (before, from, lag, bursts) => {
          const events = new KeptEvents();
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
          const events = new KeptEvents();
          const isWanted = (id: string): boolean => Number(id.split('-')[0]) % every === 0;
          events.wanted = isWanted;
          let next = 1;
          let toPush = 1;
          const happen = (count: number, behind: number): void => {
            for (let i = 0; i < count; i++) {
              events.kept.push(`${next++}-0`);
              if (events.kept.length > keeps) events.trimmedTo = events.kept.shift() ?? '0-0';
            }
            const emitted: string[] = [];
            while (toPush < next - behind) emitted.push(`${toPush++}-0`);
            if (emitted.length > 0) events.push(...emitted);
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
