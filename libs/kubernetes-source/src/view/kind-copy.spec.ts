import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aResource } from '../../test/support/objects.js';
import type { Resource, ResourceKey } from '../model/resource.js';
import { KindCopy, MAX_SCANNED } from './kind-copy.js';
import type { ResourceQuery } from './kubernetes-view.js';

const ALL: ResourceQuery = { namespace: null, matches: null, after: null, limit: 100 };
const keyed = (resource: Resource) => ({ resource, entryId: '1-0' });
const namesOf = (items: readonly Resource[]) => items.map(({ key }) => key);

describe('the copy of a kind', () => {
  const namespaces = fc.constantFrom('a', 'a-b', 'ab', 'b', 'a0');
  const step = fc.record({ namespace: namespaces, name: fc.constantFrom('x', 'y', 'z-1', 'z0'), isSet: fc.boolean() });

  it('answers pages as a sorted list of everything would', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(step, { maxLength: 40 }),
        fc.option(namespaces),
        fc.integer({ min: 1, max: 7 }),
        (first, then, namespace, limit) => {
          const model = new Map<string, Resource>();
          const made = first.map(({ namespace: of, name }) => aResource({ namespace: of, name }));
          const copy = new KindCopy(made.map(keyed));
          for (const resource of made) model.set(resource.key, resource);
          for (const { namespace: of, name, isSet } of then) {
            const resource = aResource({ namespace: of, name, resourceVersion: '2' });
            if (isSet) copy.set(resource, '2-0');
            else copy.delete(resource.key);
            if (isSet) model.set(resource.key, resource);
            else model.delete(resource.key);
          }
          const expected = [...model.values()]
            .filter((one) => namespace === null || one.namespace === namespace)
            .toSorted((one, other) => (one.key < other.key ? -1 : 1));
          const read: Resource[] = [];
          let after: ResourceKey | null = null;
          do {
            const page = copy.page({ namespace, matches: null, after, limit });
            expect(page.items.length).toBe(Math.min(limit, expected.length - read.length));
            read.push(...page.items);
            after = page.next;
          } while (after !== null);
          expect(read).toEqual(expected);
          expect(copy.size).toBe(model.size);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('goes on after a key that is gone by then', () => {
    const copy = new KindCopy(['a', 'b', 'c', 'd'].map((name) => keyed(aResource({ name }))));
    const { next } = copy.page({ ...ALL, limit: 2 });
    copy.delete(next as ResourceKey);
    expect(namesOf(copy.page({ ...ALL, after: next }).items)).toEqual(['shop/c', 'shop/d']);
  });

  it('reads so many and no more to answer one page, and says where it goes on', () => {
    const names = Array.from({ length: MAX_SCANNED + 10 }, (_, n) => `p${String(n).padStart(5, '0')}`);
    const copy = new KindCopy(names.map((name) => keyed(aResource({ name }))));
    let judged = 0;
    const matches = ({ name }: Resource) => {
      judged += 1;
      return name === names.at(-1);
    };
    const first = copy.page({ ...ALL, matches });
    expect([first.items, judged]).toEqual([[], MAX_SCANNED]);
    const second = copy.page({ ...ALL, matches, after: first.next });
    expect([namesOf(second.items), second.next]).toEqual([[`shop/${names.at(-1)}`], null]);
  });
});
