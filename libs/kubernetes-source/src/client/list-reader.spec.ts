import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListPage, ListReader } from './list-reader.js';

const item = (name: string, more: object = {}) => ({
  metadata: { name, uid: `uid-${name}`, resourceVersion: '1' },
  ...more,
});
const list = (items: unknown, metadata: object = { resourceVersion: '7' }) =>
  JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata, items });

/** @param size of the chunks in which the text comes */
function read(text: string, size = 65_536, maxBytes = 1_000_000): ListPage {
  const bytes = Buffer.from(text);
  const reader = new ListReader(maxBytes);
  for (let from = 0; from < bytes.length; from += size) reader.push(bytes.subarray(from, from + size));
  return reader.end();
}

describe('the reader of lists', () => {
  it('reads what JSON.parse reads, however the text is cut', () => {
    const tricky = fc.string({
      unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', 'items', 'é', '\u{1f600}', '\n'),
    });
    const object = fc.record({
      name: fc.string({ minLength: 1 }),
      spec: fc.jsonValue(),
      labels: fc.dictionary(tricky, tricky),
      list: fc.array(fc.record({ text: tricky, empty: fc.constant([{}, []]) })),
    });
    fc.assert(
      fc.property(
        fc.array(object, { maxLength: 5 }),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        (objects, size, isLast) => {
          const items = objects.map(({ name, ...more }) => item(name, more));
          const metadata = isLast
            ? { resourceVersion: '7' }
            : { resourceVersion: '7', continue: '"items":[{}]', remainingItemCount: 3 };
          const text = list(items, metadata);
          // As text: what cannot be told apart in JSON is one.
          const page = read(text, size);
          expect(JSON.stringify(page.objects)).toBe(JSON.stringify(items));
          expect(page).toMatchObject({
            version: '7',
            continueToken: isLast ? null : '"items":[{}]',
            remaining: isLast ? null : 3,
            bytes: Buffer.byteLength(text),
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('reads a list whose metadata comes last, with blanks, and one of nothing', () => {
    const text = JSON.stringify({ items: [item('a'), item('b')], metadata: { resourceVersion: '7' } }, null, 2);
    expect(read(text, 7).objects.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    expect(read(list(null)).objects).toEqual([]);
    expect(read(list([])).objects).toEqual([]);
  });

  it.each([
    ['no JSON', '<html>'],
    ['a list that breaks off', '{"metadata":{"resourceVersion":"7"},"items":['],
    ['an object that breaks off', '{"metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"a"'],
    ['a list without a version', list([], {})],
    ['items that are no array', list({ a: 1 })],
    ['items that are no objects', list([1, 2])],
    ['an object without a uid', list([{ metadata: { name: 'a' } }])],
    ['an object that is none', list([item('a')]).replace('"uid"', 'uid')],
  ])('rejects %s', (_what, text) => {
    expect(() => read(text, 11)).toThrow(
      expect.objectContaining({ name: 'ApiserverError', kind: 'malformed' }) as Error,
    );
  });

  it('takes no more bytes than it may', () => {
    const text = list([item('a'), item('b')]);
    expect(() => read(text, 16, text.length - 1)).toThrow(
      expect.objectContaining({ kind: 'too-large-answer' }) as Error,
    );
    expect(read(text, 16, text.length).objects).toHaveLength(2);
  });
});
