import type { ApiObject } from '../../src/model/resource.js';

/** A pod of the namespace `shop` as an apiserver sends it, unless it is said otherwise. */
export function anObject(name: string, resourceVersion = '1', more: Readonly<Record<string, unknown>> = {}): ApiObject {
  return { metadata: { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion, ...more } };
}
