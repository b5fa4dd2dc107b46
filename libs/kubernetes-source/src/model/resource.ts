import { type Brand, isObject, type Timestamp } from '@app/platform';
import type { KubernetesKind } from './kinds.js';

/** An object as the apiserver sends it: the parts that every object has; all else is unknown until a projection reads it. */
export interface ApiObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [member: string]: unknown;
  };
  readonly [member: string]: unknown;
}

/** Whether what an apiserver sent is an object as each of them is. */
export function isApiObject(value: unknown): value is ApiObject {
  if (!isObject(value) || !isObject(value['metadata'])) return false;
  const { name, namespace, uid, resourceVersion } = value['metadata'];
  return (
    typeof name === 'string' &&
    typeof uid === 'string' &&
    typeof resourceVersion === 'string' &&
    (namespace === undefined || typeof namespace === 'string')
  );
}

/** `namespace/name`, or `name` of what stands in no namespace: unique within its kind, and ordered as lists are. */
export type ResourceKey = Brand<string, 'ResourceKey'>;

export function resourceKey(namespace: string | null, name: string): ResourceKey {
  return (namespace === null ? name : `${namespace}/${name}`) as ResourceKey;
}

/** What is kept and shown of an object of the cluster. */
export interface Resource {
  readonly kind: KubernetesKind;
  readonly key: ResourceKey;
  readonly namespace: string | null;
  readonly name: string;
  readonly uid: string;
  /** Of the cluster; opaque, only to be compared for equality. */
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The projection as JSON, as it is stored and answered: `kind`, `apiVersion`, `metadata`, and what is shown of spec and status. */
  readonly json: string;
}

export type ResourceEventType = 'resource.added' | 'resource.modified' | 'resource.deleted';

/** One change of the mirror. A deleted resource is as it was last known. */
export interface ResourceEvent {
  /** `<ms>-<n>`, ascending: its position in the feed of resources. Changes that were found together have one. */
  readonly id: string;
  readonly type: ResourceEventType;
  readonly at: Timestamp;
  readonly resource: Resource;
}
