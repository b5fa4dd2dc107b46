import { SeededRandom } from '../world/seeded-random.js';
import { alreadyExists, badRequest, conflict, invalid, noSuchObject, unexpectedError } from './api-status.js';
import { apiVersionOf, FACE_KINDS, FACE_ROWS, type FaceKind, type FaceKindRow } from './kinds.js';
import type { ObjectLog } from './object-log.js';
import {
  finalizersOf,
  freshStatus,
  generation,
  isSame,
  labelViolations,
  managedFields,
  markedForDeletion,
  mustBe,
  nameViolations,
  type Preconditions,
  pick,
  readObject,
  timestamp,
} from './object-rules.js';
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
  readonly preconditions: Preconditions;
}

interface ObjectPlace {
  readonly row: FaceKindRow;
  readonly namespace: string | null;
  readonly name: string;
}

/** What a write of an object may change: all but the status, or the status alone. */
type WrittenPart = 'object' | 'status';

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
    const object = readObject(row, namespace, body);
    const { metadata } = object;
    if (metadata['resourceVersion'] !== undefined) {
      throw unexpectedError('resourceVersion should not be set on objects to be created');
    }
    const name = metadata.name === '' ? this.generatedName(row, metadata) : metadata.name;
    const violations = [...nameViolations(name), ...labelViolations(object)];
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
    const object = readObject(place.row, place.namespace, body);
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
    const edited = readObject(row, namespace, edit({ kind: row.kind, apiVersion: apiVersionOf(row), ...before }));
    const asked = edited.metadata;
    if (asked.name !== name) {
      throw badRequest(`the name of the object (${asked.name}) does not match the name on the URL (${name})`);
    }
    const violations = labelViolations(edited);
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
