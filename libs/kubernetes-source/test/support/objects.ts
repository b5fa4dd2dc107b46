import { type ApiObject, type Resource, resourceKey } from '../../src/model/resource.js';

/** A pod of the namespace `shop` as an apiserver sends it, unless it is said otherwise. */
export function anObject(name: string, resourceVersion = '1', more: Readonly<Record<string, unknown>> = {}): ApiObject {
  return { metadata: { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion, ...more } };
}

/** A pod of the namespace `shop` as it is mirrored, unless it is said otherwise. */
export function aResource(parts: Partial<Omit<Resource, 'key'>> = {}): Resource {
  const { namespace = 'shop', name = 'web-0' } = parts;
  return {
    kind: 'Pod',
    uid: 'uid-1',
    resourceVersion: '1',
    labels: {},
    json: '{}',
    ...parts,
    namespace,
    name,
    key: resourceKey(namespace, name),
  };
}

/** What a store has of a kind, page by page, in one. */
export async function allPages<Item>(pages: AsyncIterable<readonly Item[]>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}
