import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventReader, type StreamEvent } from './event-stream.js';

const read = (lines: readonly string[]): readonly StreamEvent[] => {
  const reader = new EventReader();
  return lines.flatMap((line) => reader.line(line) ?? []);
};

describe('EventReader', () => {
  it('puts events together, with the id that stands, and leaves out comments and heartbeats', () => {
    const lines = [
      ': hello',
      'id: 1-0',
      '',
      'event: instance.ready',
      'data: {"a":1}',
      'id: 2-0',
      '',
      ':',
      'data: {"b":',
      'data: 2}',
      '',
    ];
    expect(read(lines)).toEqual([
      { type: 'instance.ready', id: '2-0', data: { a: 1 } },
      { type: 'message', id: '2-0', data: { b: 2 } },
    ]);
  });

  it('reads whatever the standard lets a server write of an event', () => {
    const text = fc.string({ unit: 'grapheme' }).map((value) => value.replace(/[\r\n]/g, ''));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), fc.boolean(), (values, hasSpace) => {
        const space = hasSpace ? ' ' : '';
        const json = JSON.stringify({ values }, null, 1);
        const [event] = read([...json.split('\n').map((line) => `data:${space}${line}`), '']);
        expect(event?.data).toEqual({ values });
      }),
    );
  });
});
