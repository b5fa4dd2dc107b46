import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PAGE_ADDRESSES, wayToRoot } from './page-manifest.js';

describe('the way to the root', () => {
  it.each([
    ['/', './'],
    ['/?status=ready', './'],
    ['/spend', './'],
    ['/errors/', '../'],
    ['/instances/ins_1?x=/a/b', '../'],
    ['/a/b/c', '../../'],
    ['//evil.example/x', '../../'],
  ])('from %s is %s', (url, expected) => {
    expect(wayToRoot(url)).toBe(expected);
  });

  it('leads there below whatever path a proxy shows the service', () => {
    const part = fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/);
    fc.assert(
      fc.property(fc.array(part, { maxLength: 3 }), fc.constantFrom(...PAGE_ADDRESSES), part, (prefix, address, id) => {
        const root = `https://host.example/${prefix.map((name) => `${name}/`).join('')}`;
        const shown = root + address.slice(1).replace(':id', id);
        expect(new URL(wayToRoot(address), shown).href).toBe(root);
      }),
    );
  });

  it('holds nothing that was sent', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(wayToRoot(text)).toMatch(/^(?:\.\/|(?:\.\.\/)+)$/);
      }),
    );
  });
});
