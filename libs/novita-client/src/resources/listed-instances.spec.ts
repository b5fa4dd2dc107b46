import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListedInstance } from '../novita.js';
import { countOf, readItems } from '../parsing/read-value.js';
import type { RawPage } from './list-pages.js';
import { listedInstanceOf, scanInstancePage } from './listed-instances.js';

type ListedPage = RawPage<ListedInstance>;

const ignore = (): void => undefined;
const scanned = (text: string): ListedPage | null => scanInstancePage(Buffer.from(text), ignore);

/** As the page is read when all of it is parsed; null when it is none. */
function parsed(text: string): ListedPage | null {
  try {
    const { instances, total } = JSON.parse(text) as { instances: unknown[]; total: unknown };
    const count = countOf(total);
    return count === null
      ? null
      : { ...readItems(instances, 'instances', (item, index) => listedInstanceOf(item, index, ignore)), total: count };
  } catch {
    return null;
  }
}

const read = ({ items, malformed, total }: ListedPage) => ({
  items: items.map((item) => ({ id: item.id, read: item.read() })),
  malformed,
  total,
});

/** Texts that look like the structure around them, and those that need care in UTF-8 or in JSON. */
const nasty = fc.oneof(
  fc.constantFrom(
    '{"id":"x"}',
    '},{"id":"x',
    '"instances":[',
    '","instances":[{"id":"',
    '\\',
    '\\\\"',
    '"',
    ']}',
    '],',
  ),
  fc.constantFrom('{[', 'ü', '💥', '\u2028', '\u0000', ''),
  fc.string({ maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
);
// Not numbers: JavaScript puts such keys first, whatever the order is meant to be.
const key = fc
  .oneof(fc.constantFrom('id', 'status', 'name', 'instances', 'total', 'a'), nasty)
  .filter((text) => !/^\d+$/.test(text));

const { value } = fc.letrec<{ value: unknown; list: unknown[]; fields: Record<string, unknown> }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, nasty, fc.integer(), fc.constantFrom(null, true), tie('list'), tie('fields')),
  list: fc.array(tie('value'), { maxLength: 3 }),
  // Often with an id first, as an item has.
  fields: fc
    .tuple(fc.option(nasty), fc.dictionary(key, tie('value'), { maxKeys: 3 }))
    .map(([id, rest]) => (id === null ? rest : { id, ...rest })),
}));

const item = fc
  .tuple(fc.stringMatching(/^[0-9a-f]{2}$/), nasty, fc.dictionary(key, value, { maxKeys: 4 }))
  .map(([id, name, more]) => Object.assign({ id, status: 'running', name }, more, { id }));
const oddItem = fc.oneof(
  value,
  fc.record({ id: fc.oneof(nasty, fc.integer(), fc.constant(null)), status: nasty }),
  item.map(({ id, ...rest }) => ({ ...rest, id })),
);
const pageOf = (items: fc.Arbitrary<unknown[]>) =>
  fc
    .tuple(items, fc.dictionary(fc.oneof(fc.constantFrom('a', 'data'), key), value, { maxKeys: 2 }), fc.boolean())
    .map(([instances, more, totalFirst]) => {
      const total = instances.length;
      return totalFirst ? { total, ...more, instances } : { ...more, instances, total };
    });

/** JSON with spaces as some service might set them, and with everything escaped or nothing. */
const written = (pages: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
  fc.tuple(pages, fc.constantFrom('', '', '', ' ', '\n  '), fc.boolean()).map(([page, space, escaped]) => {
    const text = JSON.stringify(page).replace(/"(?:[^"\\]|\\.)*"|[,:]/gu, (token) =>
      token === ',' || token === ':' ? `${token}${space}` : token,
    );
    if (!escaped) return text;
    return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  });

const anyPage = written(pageOf(fc.array(fc.oneof({ weight: 4, arbitrary: item }, oddItem), { maxLength: 4 })));

describe('a page of instances that is not parsed', () => {
  it('agrees with the same page parsed, whatever is in it', () => {
    let split = 0;
    const agrees = fc.property(anyPage, (text) => {
      const page = scanned(text);
      if (page === null) return;
      split += 1;
      const whole = parsed(text);
      expect(whole === null ? 'no page' : read(whole)).toEqual(read(page));
    });
    fc.assert(agrees, { numRuns: 2_000 });
    expect(split).toBeGreaterThan(200);
  });

  it('is split whenever it is laid out as the service does it', () => {
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 4 }), fc.boolean(), (instances, totalFirst) => {
        const total = instances.length;
        const page = scanned(JSON.stringify(totalFirst ? { total, instances } : { instances, total }));
        expect(page?.items).toHaveLength(total);
      }),
      { numRuns: 1_000 },
    );
  });

  it('does not hide an error in the text of a page: it is not split, or one of its items cannot be read', () => {
    const pages = fc
      .array(item, { minLength: 2, maxLength: 3 })
      .map((instances) => JSON.stringify({ instances, total: 2 }));
    let unreadable = 0;
    const reports = fc.property(
      pages,
      fc.nat(),
      fc.constantFrom('', '"', '}', ']', ',', '{', '\\'),
      (text, at, put) => {
        const place = at % text.length;
        const broken = `${text.slice(0, place)}${put}${text.slice(place + 1)}`;
        const page = scanned(broken);
        if (page === null || parsed(broken) !== null) return;
        unreadable += 1;
        expect(page.items.some((each) => 'reason' in each.read())).toBe(true);
      },
    );
    fc.assert(reports, { numRuns: 2_000 });
    expect(unreadable).toBeGreaterThan(50);
  });

  it('has equal digests for equal bytes, and for no others', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(item, fc.boolean()), { minLength: 2, maxLength: 5 }), (drawn) => {
        // Some of them twice, so that equal ones are met.
        const texts = drawn.flatMap(([each, twice]) => Array<string>(twice ? 2 : 1).fill(JSON.stringify(each)));
        const digests = scanned(`{"instances":[${texts.join(',')}],"total":0}`)?.items.map(({ digest }) => digest);
        expect(digests).toHaveLength(texts.length);
        expect(new Set(digests).size).toBe(new Set(texts).size);
      }),
    );
  });

  it.each([
    ['no list', '{"total":1}'],
    ['an empty list', '{"instances":[],"total":0}'],
    ['no total', '{"instances":[{"id":"a"}]}'],
    ['a total that is none', '{"instances":[{"id":"a"}],"total":"many"}'],
    ['the id not first', '{"instances":[{"name":"n","id":"a"}],"total":1}'],
    ['an empty id', '{"instances":[{"id":""}],"total":1}'],
    ['something escaped in the id', '{"instances":[{"id":"\\u0061"}],"total":1}'],
    ['an id that is not ASCII', '{"instances":[{"id":"ä"}],"total":1}'],
    ['a number among the items', '{"instances":[{"id":"a"},5,{"id":"b"}],"total":3}'],
    ['a space between the items', '{"instances":[{"id":"a"}, {"id":"b"}],"total":2}'],
    ['the list somewhere deeper', '{"data":{"instances":[{"id":"a"}]},"total":1}'],
    ['the list twice', '{"instances":[{"id":"a"}],"total":1,"instances":[]}'],
    ['the list twice, once in other letters', '{"instances":[{"id":"a"}],"total":1,"instance\\u0073":[]}'],
    ['an error beside the list', '{"code":500,"reason":"UNKNOWN","instances":[{"id":"a"}],"total":1}'],
    ['its end cut off', '{"instances":[{"id":"a"},{"id":"b"'],
    ['its end cut off in a text', '{"instances":[{"id":"a"},{"id":"b","name":"x\\'],
    ['something after its end', '{"instances":[{"id":"a"}],"total":1}]'],
  ])('is left to the parser with %s', (_what, text) => {
    expect(scanned(text)).toBeNull();
  });

  it('names what cannot be read in an item by its place in the listing', () => {
    const page = scanned(
      '{"instances":[{"id":"a","status":"running"},{"id":"b"},{"id":"c",},{"id":"d","id":"e","status":""}],"total":4}',
    );
    expect(page?.items.slice(1).map((each) => each.read())).toEqual([
      { path: 'instances[1].status', reason: 'missing' },
      { path: 'instances[2]', reason: 'not JSON' },
      { path: 'instances[3].status', reason: 'empty' },
    ]);
    const twice = scanned('{"instances":[{"id":"d","id":"e","status":"running"}],"total":1}');
    expect(twice?.items[0]?.read()).toEqual({ path: 'instances[0].id', reason: 'came twice' });
  });
});
