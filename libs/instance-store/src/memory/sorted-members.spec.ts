import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareBytes, SortedMembers } from './sorted-members.js';

const member = fc.constantFrom('a', 'ab', 'abc', 'b', 'ba', 'c', '\uE000', '\u{1F600}');

it('answers as a filtered and sorted list would', () => {
  fc.assert(
    fc.property(
      fc.array(member),
      fc.array(member),
      fc.constantFrom('', 'a', 'ab', 'b', '\u{1F600}', 'z'),
      fc.option(fc.oneof(member, fc.constant('aa'))),
      fc.integer({ min: 0, max: 9 }),
      (added, deleted, prefix, after, limit) => {
        const members = new SortedMembers();
        for (const one of added) members.add(one);
        for (const one of deleted) members.delete(one);
        const all = [...new Set(added)].filter((one) => !deleted.includes(one)).toSorted(byBytes);
        const matching = all.filter((one) => one.startsWith(prefix));
        const isLeft = (one: string) => after === null || byBytes(one, after) > 0;

        expect(members.range({ prefix, after, limit })).toEqual(matching.filter(isLeft).slice(0, limit));
        expect(members.before('b', limit)).toEqual(all.filter((one) => byBytes(one, 'b') < 0).slice(0, limit));
        expect(members.countBefore('b')).toBe(all.filter((one) => byBytes(one, 'b') < 0).length);
      },
    ),
  );
});

it('orders as the bytes of UTF-8 do', () => {
  const text = fc.string({
    unit: fc.oneof(fc.constantFrom('a', 'b', '\0', '\uFFFD', '\uE000', '\u{1F600}'), fc.string()),
  });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const [left, right] = [a.toWellFormed(), b.toWellFormed()];
      expect(Math.sign(compareBytes(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
    }),
    { examples: [['\uE000', '\u{1F600}']] },
  );
});

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
