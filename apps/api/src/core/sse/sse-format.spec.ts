import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareEventIds, formatSseEvent, formatSseRetry, isEventId, withSseId } from './sse-format.js';

describe('formatSseEvent', () => {
  it('is the lines that a reader expects', () => {
    expect(formatSseEvent({ id: '1-0', event: 'sync.progress', data: { a: 'x\ny' } })).toBe(
      'id: 1-0\nevent: sync.progress\ndata: {"a":"x\\ny"}\n\n',
    );
    expect(formatSseEvent({ event: 'reset', data: null })).toBe('event: reset\ndata: null\n\n');
    expect(formatSseRetry(2_000)).toBe('retry: 2000\n\n');
  });

  it('carries any data on one line, whatever it holds', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (data) => {
        const text = formatSseEvent({ event: 'x', data });
        const [event, line = '', ...rest] = text.split(/\r\n|\r|\n/);
        expect([event, ...rest]).toEqual(['event: x', '', '']);
        expect(JSON.stringify(JSON.parse(line.slice('data: '.length)))).toBe(JSON.stringify(data));
      }),
    );
  });

  it.each(['a\nb', 'a\rb', 'a\0b'])('refuses %j as a field', (text) => {
    expect(() => formatSseEvent({ id: text, event: 'x', data: 1 })).toThrow(RangeError);
    expect(() => formatSseEvent({ event: text, data: 1 })).toThrow(RangeError);
  });
});

describe('withSseId', () => {
  it('changes the id alone, and gives none to what has none', () => {
    const event = { event: 'x', data: { id: '1-0', text: 'id: 1-0' } };
    expect(withSseId(formatSseEvent({ id: '1-0', ...event }), '2-0~3-0')).toBe(
      formatSseEvent({ id: '2-0~3-0', ...event }),
    );
    expect(withSseId(formatSseEvent(event), '2-0')).toBe(formatSseEvent(event));
    expect(withSseId('', '2-0')).toBe('');
    expect(() => withSseId(formatSseEvent({ id: '1-0', ...event }), 'a\nb')).toThrow(RangeError);
  });
});

describe('event ids', () => {
  it.each(['0-0', '1772359201000-12'])('%s is one', (id) => {
    expect(isEventId(id)).toBe(true);
  });

  it.each(['', '5', '-', '1-', '1-0x', ' 1-0', '1-0\n', 'a-b', '1.5-0', '$', '1234567890123456-0'])(
    '%j is none',
    (id) => {
      expect(isEventId(id)).toBe(false);
      expect(() => compareEventIds(id, '1-0')).toThrow(RangeError);
    },
  );

  it('come in order of time, then of their count, by number and not by text', () => {
    const ids = ['10-0', '9-11', '9-2', '9-10', '100-0'];
    expect(ids.toSorted(compareEventIds)).toEqual(['9-2', '9-10', '9-11', '10-0', '100-0']);
    expect(compareEventIds('5-5', '5-5')).toBe(0);
  });
});
