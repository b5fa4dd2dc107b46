import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SseParser } from './sse-parser.js';

/** @param {readonly string[]} pieces */
function parse(...pieces) {
  /** @type {import('./sse-parser.js').StreamEvent[]} */
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

  it('moves on with an id that comes alone, and tells no event', () => {
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

  it('joins several lines of data', () => {
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
