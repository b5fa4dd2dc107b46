import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareBytes } from './byte-order.js';

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
