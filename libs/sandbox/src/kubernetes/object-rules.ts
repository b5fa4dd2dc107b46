import { badRequest, type FieldViolation, preconditionFailed } from './api-status.js';
import { apiVersionOf, type FaceKindRow } from './kinds.js';
import { isObject } from './patches.js';
import { labelViolation } from './selectors.js';
import type { KubernetesObject, ObjectMetadata, StoredObject } from './stored-object.js';

/*
 * The rules of the apiserver about a single object: what is wrong with one, and the members that it writes by itself. Pure
 * but for the time.
 */

/** Which state a delete is of; whatever it leaves out is any. */
export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const NAME_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " +
  "end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/** The object that the body of a write holds, for a place of that kind. @throws ApiError 400, 422 */
export function readObject(row: FaceKindRow, namespace: string | null, body: unknown): KubernetesObject {
  if (!isObject(body)) throw badRequest('the body of the request is no object');
  const { kind = row.kind, apiVersion = apiVersionOf(row), metadata = {} } = body;
  if (kind !== row.kind || apiVersion !== apiVersionOf(row)) {
    throw badRequest(
      `the API version in the data (${String(apiVersion)}, Kind=${String(kind)}) does not match the expected API version ` +
        `(${apiVersionOf(row)}, Kind=${row.kind})`,
    );
  }
  if (!isObject(metadata)) throw badRequest('metadata must be an object');
  const { name = '', namespace: asked } = metadata;
  if (typeof name !== 'string') throw badRequest('metadata.name must be a string');
  if (asked !== undefined && asked !== '' && asked !== (namespace ?? undefined)) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  const { creationTimestamp: _time, namespace: _namespace, ...others } = metadata;
  return { ...body, metadata: { ...withoutEmpty(others), name, ...(namespace === null ? {} : { namespace }) } };
}

export const timestamp = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

export function nameViolations(name: string): readonly FieldViolation[] {
  if (NAME.test(name)) return [];
  const message = `Invalid value: ${JSON.stringify(name)}: ${NAME_RULE}`;
  return [{ reason: 'FieldValueInvalid', message, field: 'metadata.name' }];
}

/** @throws ApiError 409 */
export function mustBe(row: FaceKindRow, stored: StoredObject, { uid, resourceVersion }: Preconditions): void {
  if (uid !== undefined && uid !== stored.uid) throw preconditionFailed(row, stored.name, 'UID', [uid, stored.uid]);
  const version = String(stored.version);
  if (resourceVersion !== undefined && resourceVersion !== version) {
    throw preconditionFailed(row, stored.name, 'ResourceVersion', [resourceVersion, version]);
  }
}

export function labelViolations({ metadata: { labels = {} } }: KubernetesObject): readonly FieldViolation[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const message = labelViolation(key, value);
    return message === null ? [] : [{ reason: 'FieldValueInvalid', message, field: 'metadata.labels' }];
  });
}

/** As it looks from when it was deleted until it is gone. */
export function markedForDeletion({ kind }: FaceKindRow, object: KubernetesObject): KubernetesObject {
  const isNamespace = kind === 'Namespace';
  return {
    ...object,
    metadata: {
      ...object.metadata,
      deletionTimestamp: timestamp(),
      ...(isNamespace ? {} : { deletionGracePeriodSeconds: 0 }),
    },
    ...(isNamespace ? { status: { phase: 'Terminating' } } : {}),
  };
}

/** The apiserver does not write what says nothing. */
function withoutEmpty(metadata: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const kept = Object.entries(metadata).filter(
    ([, value]) => value !== null && value !== '' && !(typeof value === 'object' && Object.keys(value).length === 0),
  );
  return Object.fromEntries(kept);
}

export function freshStatus({ kind, hasStatus }: FaceKindRow): Readonly<Record<string, unknown>> {
  switch (kind) {
    case 'Namespace':
      return { status: { phase: 'Active' } };
    case 'Pod':
      return { status: { phase: 'Pending', qosClass: 'BestEffort' } };
    case 'Service':
    case 'Ingress':
      return { status: { loadBalancer: {} } };
    case 'ConfigMap':
    case 'CronJob':
    case 'DaemonSet':
    case 'Deployment':
    case 'Job':
    case 'Node':
    case 'Secret':
    case 'StatefulSet':
      return hasStatus ? { status: {} } : {};
  }
}

export function generation(
  { hasGeneration }: FaceKindRow,
  before: KubernetesObject | null,
  after: Readonly<Record<string, unknown>>,
): Readonly<Record<string, number>> {
  if (!hasGeneration) return {};
  if (before === null) return { generation: 1 };
  const last = before.metadata['generation'];
  const generation = typeof last === 'number' ? last : 1;
  return { generation: isSame(before['spec'], after['spec']) ? generation : generation + 1 };
}

export function managedFields(row: FaceKindRow, manager: string): readonly unknown[] {
  const apiVersion = apiVersionOf(row);
  return [
    {
      manager,
      operation: 'Update',
      apiVersion,
      time: timestamp(),
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:metadata': {} },
    },
  ];
}

export function finalizersOf({ metadata }: KubernetesObject): readonly unknown[] {
  return Array.isArray(metadata['finalizers']) ? metadata['finalizers'] : [];
}

export function pick(metadata: ObjectMetadata, members: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(members.flatMap((member) => (member in metadata ? [[member, metadata[member]]] : [])));
}

/** Whether two values are the same as JSON, whatever the order of their members. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((member) => [member, sorted(value[member])]),
  );
}
