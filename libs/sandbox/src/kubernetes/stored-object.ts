/** An object of the cluster as callers hand it in and get it; `kind` and `apiVersion` may be left out, as in lists. */
export interface KubernetesObject {
  readonly metadata: ObjectMetadata;
  readonly [member: string]: unknown;
}

export interface ObjectMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly [member: string]: unknown;
}

/**
 * An object as it is kept: as text, because nearly all that is done with it is sending it, and a text cannot be changed by
 * who was handed it. Beside the text stands what is looked up by.
 */
export interface StoredObject {
  /** `namespace/name`, or `name` of what stands in no namespace; its order is the order of lists. */
  readonly key: string;
  readonly namespace: string | null;
  readonly name: string;
  readonly uid: string;
  readonly version: number;
  readonly labels: Readonly<Record<string, string>>;
  /** JSON of the metadata. */
  readonly metadata: string;
  /** JSON of all other members but kind and apiVersion: each with a comma before it. */
  readonly rest: string;
}

export function objectKey(namespace: string | null, name: string): string {
  return namespace === null ? name : `${namespace}/${name}`;
}

/** @param object with a uid in its metadata */
export function storedObject(object: KubernetesObject, version: number): StoredObject {
  const { metadata, kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  const namespace = metadata.namespace ?? null;
  return {
    key: objectKey(namespace, metadata.name),
    namespace,
    name: metadata.name,
    uid: String(metadata['uid']),
    version,
    labels: metadata.labels ?? {},
    metadata: JSON.stringify({ ...metadata, resourceVersion: String(version) }),
    rest: Object.entries(rest)
      .filter(([, value]) => value !== undefined)
      .map(([member, value]) => `,${JSON.stringify(member)}:${JSON.stringify(value)}`)
      .join(''),
  };
}

/** The same object at another version: what a watch shows of one that was deleted. */
export function atVersion(object: StoredObject, version: number): StoredObject {
  const metadata = JSON.parse(object.metadata) as ObjectMetadata;
  return { ...object, version, metadata: JSON.stringify({ ...metadata, resourceVersion: String(version) }) };
}

/** A copy of it, without kind and apiVersion. */
export function wholeObject({ metadata, rest }: StoredObject): KubernetesObject {
  return JSON.parse(`{"metadata":${metadata}${rest}}`) as KubernetesObject;
}
