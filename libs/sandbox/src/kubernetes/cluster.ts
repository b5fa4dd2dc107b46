import { SeededRandom } from '../world/seeded-random.js';
import {
  alreadyExists,
  badRequest,
  conflict,
  type FieldViolation,
  invalid,
  noSuchObject,
  preconditionFailed,
  unexpectedError,
} from './api-status.js';
import { apiVersionOf, FACE_KINDS, FACE_ROWS, type FaceKind, type FaceKindRow } from './kinds.js';
import type { ObjectLog } from './object-log.js';
import { isObject } from './patches.js';
import { labelViolation } from './selectors.js';
import {
  type KubernetesObject,
  type ObjectMetadata,
  objectKey,
  type StoredObject,
  storedObject,
  wholeObject,
} from './stored-object.js';

/** Who writes, and whether it is only to be said what would come of it. */
export interface WriteOptions {
  readonly manager: string;
  readonly dryRun: boolean;
  /** Which state a delete is of; whatever it leaves out is any. */
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string };
}

interface ObjectPlace {
  readonly row: FaceKindRow;
  readonly namespace: string | null;
  readonly name: string;
}

/** What a write of an object may change: all but the status, or the status alone. */
type WrittenPart = 'object' | 'status';

const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const NAME_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " +
  "end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/** What the apiserver does to an object before it is written and when it goes; it runs no controllers, and no kubelet. */
export class Cluster {
  private readonly random: SeededRandom;

  constructor(
    private readonly log: ObjectLog,
    seed: number,
  ) {
    this.random = new SeededRandom(seed);
  }

  /** @throws ApiError 404 */
  get({ row, namespace, name }: ObjectPlace): StoredObject {
    const found = this.log.get(row.kind, objectKey(namespace, name));
    if (found === null) throw noSuchObject(row, name);
    return found;
  }

  /** Writes an object as it is, whether it is there or not, its status too: the way of tests, which play the controllers. */
  put(kind: FaceKind, object: KubernetesObject): StoredObject {
    const row = FACE_ROWS[kind];
    const { namespace: asked, ...metadata } = object.metadata;
    const namespace = row.isNamespaced ? (asked ?? 'default') : null;
    const previous = this.log.get(kind, objectKey(namespace, metadata.name));
    const before = previous === null ? null : wholeObject(previous);
    return this.log.put(kind, {
      ...object,
      metadata: {
        ...metadata,
        ...(namespace === null ? {} : { namespace }),
        ...this.identity(before),
        ...generation(row, before, object),
      },
    });
  }

  /** @throws ApiError 400, 404, 409, 422 */
  create(row: FaceKindRow, namespace: string | null, body: unknown, options: WriteOptions): StoredObject {
    const object = this.parse(row, namespace, body);
    const { metadata } = object;
    if (metadata['resourceVersion'] !== undefined) {
      throw unexpectedError('resourceVersion should not be set on objects to be created');
    }
    const name = metadata.name === '' ? this.generatedName(row, metadata) : metadata.name;
    const violations = [...(NAME.test(name) ? [] : [badName(name)]), ...badLabels(object)];
    if (violations.length > 0) throw invalid(row, name, violations);
    if (namespace !== null) this.get({ row: FACE_ROWS.Namespace, namespace: null, name: namespace });
    if (this.log.get(row.kind, objectKey(namespace, name)) !== null) throw alreadyExists(row, name);
    const { status: _status, ...rest } = object;
    const made: KubernetesObject = {
      ...(row.hasStatus ? { spec: {} } : {}),
      ...(row.kind === 'Secret' ? { type: 'Opaque' } : {}),
      ...rest,
      ...freshStatus(row),
      ...(row.kind === 'Namespace' ? { spec: { finalizers: ['kubernetes'] } } : {}),
      metadata: {
        ...metadata,
        name,
        ...this.identity(null),
        ...generation(row, null, object),
        ...(row.kind === 'Namespace' ? { labels: { ...metadata.labels, 'kubernetes.io/metadata.name': name } } : {}),
        managedFields: managedFields(row, options.manager),
      },
    };
    if (!options.dryRun) return this.log.put(row.kind, made);
    // What is not written has no version.
    return { ...storedObject(made, this.log.version), metadata: JSON.stringify(made.metadata) };
  }

  /** Puts another object in its place. @throws ApiError 400, 404, 409 */
  replace(place: ObjectPlace, body: unknown, part: WrittenPart, options: WriteOptions): StoredObject {
    const object = this.parse(place.row, place.namespace, body);
    return this.change(place, () => object, part, options);
  }

  /**
   * Changes an object by what it is now. What changes nothing makes no new version.
   *
   * @throws ApiError 400, 404, 422; 409 when it says a version or a uid that the object has no more
   */
  change(
    place: ObjectPlace,
    edit: (object: KubernetesObject) => unknown,
    part: WrittenPart,
    options: WriteOptions,
  ): StoredObject {
    const { row, namespace, name } = place;
    const stored = this.get(place);
    const before = wholeObject(stored);
    const edited = this.parse(row, namespace, edit({ kind: row.kind, apiVersion: apiVersionOf(row), ...before }));
    const asked = edited.metadata;
    if (asked.name !== name) {
      throw badRequest(`the name of the object (${asked.name}) does not match the name on the URL (${name})`);
    }
    const violations = badLabels(edited);
    if (violations.length > 0) throw invalid(row, name, violations);
    const isOther = asked['uid'] !== undefined && asked['uid'] !== stored.uid;
    const isOutdated = asked['resourceVersion'] !== undefined && asked['resourceVersion'] !== String(stored.version);
    if (isOther || isOutdated) throw conflict(row, name);
    const { kind: _kind, apiVersion: _apiVersion, status, ...rest } = edited;
    const kept = before['status'] === undefined ? {} : { status: before['status'] };
    const after: KubernetesObject =
      part === 'status'
        ? { ...before, ...(status === undefined ? {} : { status }) }
        : {
            ...rest,
            ...(row.hasStatus ? kept : status === undefined ? {} : { status }),
            metadata: {
              ...asked,
              ...this.identity(before),
              ...generation(row, before, rest),
              ...pick(before.metadata, ['deletionTimestamp', 'deletionGracePeriodSeconds', 'managedFields']),
              resourceVersion: String(stored.version),
            },
          };
    if (isSame(before, after)) return stored;
    if (after.metadata['deletionTimestamp'] !== undefined && finalizersOf(after).length === 0) {
      if (!options.dryRun) this.log.delete(row.kind, stored.key);
      return storedObject(after, this.log.version);
    }
    return this.write(
      row,
      { ...after, metadata: { ...after.metadata, managedFields: managedFields(row, options.manager) } },
      options,
    );
  }

  /** What waits for its finalizers stays, marked. @returns what it was last, or is now @throws ApiError 404, 409 */
  delete(place: ObjectPlace, options: WriteOptions): { readonly object: StoredObject; readonly isGone: boolean } {
    const { row } = place;
    const stored = this.get(place);
    mustBe(row, stored, options.preconditions);
    const object = wholeObject(stored);
    const isNamespace = row.kind === 'Namespace';
    const waits = finalizersOf(object).length > 0;
    if (options.dryRun) return { object: stored, isGone: !waits && row.kind !== 'Pod' && !isNamespace };
    if (waits && object.metadata['deletionTimestamp'] !== undefined) return { object: stored, isGone: false };
    if (waits || isNamespace) {
      const marked = this.log.put(row.kind, markedForDeletion(row, object));
      if (isNamespace) this.empty(place.name);
      if (!waits) this.log.delete(row.kind, stored.key);
      return { object: marked, isGone: false };
    }
    const gone = this.log.delete(row.kind, stored.key) ?? stored;
    if (row.kind !== 'Pod') return { object: gone, isGone: true };
    return { object: storedObject(markedForDeletion(row, object), gone.version), isGone: false };
  }

  /** The controller of namespaces: what is in one goes before it does. */
  private empty(namespace: string): void {
    for (const kind of FACE_KINDS) {
      for (const object of this.log.list(kind)) if (object.namespace === namespace) this.log.delete(kind, object.key);
    }
  }

  private write(row: FaceKindRow, object: KubernetesObject, { dryRun }: WriteOptions): StoredObject {
    if (!dryRun) return this.log.put(row.kind, object);
    return storedObject(object, this.log.version);
  }

  /** @throws ApiError 400, 422 */
  private parse(row: FaceKindRow, namespace: string | null, body: unknown): KubernetesObject {
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

  private generatedName(row: FaceKindRow, metadata: ObjectMetadata): string {
    const prefix = metadata['generateName'];
    if (typeof prefix === 'string' && prefix !== '') return prefix + this.random.alphanumeric(5);
    const message = 'Required value: name or generateName is required';
    throw invalid(row, '', [{ reason: 'FieldValueRequired', message, field: 'metadata.name' }]);
  }

  private identity(before: KubernetesObject | null): Readonly<Record<string, unknown>> {
    if (before !== null) return pick(before.metadata, ['uid', 'creationTimestamp']);
    return { uid: this.random.uuid(), creationTimestamp: timestamp() };
  }
}

const timestamp = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

function badName(name: string): FieldViolation {
  return {
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(name)}: ${NAME_RULE}`,
    field: 'metadata.name',
  };
}

/** @throws ApiError 409 */
function mustBe(row: FaceKindRow, stored: StoredObject, { uid, resourceVersion }: WriteOptions['preconditions']): void {
  if (uid !== undefined && uid !== stored.uid) throw preconditionFailed(row, stored.name, 'UID', [uid, stored.uid]);
  const version = String(stored.version);
  if (resourceVersion !== undefined && resourceVersion !== version) {
    throw preconditionFailed(row, stored.name, 'ResourceVersion', [resourceVersion, version]);
  }
}

function badLabels({ metadata: { labels = {} } }: KubernetesObject): readonly FieldViolation[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const message = labelViolation(key, value);
    return message === null ? [] : [{ reason: 'FieldValueInvalid', message, field: 'metadata.labels' }];
  });
}

/** As it looks from when it was deleted until it is gone. */
function markedForDeletion({ kind }: FaceKindRow, object: KubernetesObject): KubernetesObject {
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

function freshStatus({ kind, hasStatus }: FaceKindRow): Readonly<Record<string, unknown>> {
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

function generation(
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

function managedFields(row: FaceKindRow, manager: string): readonly unknown[] {
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

function finalizersOf({ metadata }: KubernetesObject): readonly unknown[] {
  return Array.isArray(metadata['finalizers']) ? metadata['finalizers'] : [];
}

function pick(metadata: ObjectMetadata, members: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(members.flatMap((member) => (member in metadata ? [[member, metadata[member]]] : [])));
}

/** Whether two values are the same as JSON, whatever the order of their members. */
function isSame(one: unknown, other: unknown): boolean {
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
