import { type Resource, resourceKey } from '../../src/model/resource.js';

/** A pod of the namespace `shop`, unless it is said otherwise. */
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
