import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.js';

describe('LineSplitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    const line = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replace(/\n/g, ''));
    fc.assert(
      fc.property(fc.array(line), fc.string(), fc.array(fc.integer({ min: 1, max: 9 })), (lines, rest, sizes) => {
        const bytes = Buffer.from([...lines, ''].join('\n') + rest.replace(/\n/g, ''));
        const splitter = new LineSplitter(1_000);
        const found: string[] = [];
        let offset = 0;
        for (const size of [...sizes, bytes.length]) {
          found.push(...splitter.push(bytes.subarray(offset, offset + size)));
          offset += size;
        }
        expect(found).toEqual(lines.filter((each) => each.trim() !== ''));
        expect(splitter.isMidLine).toBe(rest.replace(/\n/g, '') !== '');
      }),
    );
  });

  it('hands out together what is complete together', () => {
    const splitter = new LineSplitter(100);
    expect(splitter.push(Buffer.from('a\nb\nc'))).toEqual(['a', 'b']);
    expect(splitter.push(Buffer.from('d\n'))).toEqual(['cd']);
  });

  it('keeps no line that is too long, in one piece or in many', () => {
    expect(() => new LineSplitter(4).push(Buffer.from('12345\n'))).toThrow('longer than 4 bytes');
    const splitter = new LineSplitter(4);
    expect(splitter.push(Buffer.from('1234'))).toEqual([]);
    expect(() => splitter.push(Buffer.from('5'))).toThrow('longer than 4 bytes');
  });
});
