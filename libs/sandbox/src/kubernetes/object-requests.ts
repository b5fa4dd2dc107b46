import type { IncomingMessage, ServerResponse } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { readBody, sendJson } from '../api/http-server.js';
import type { ResourceRequest } from './api-request.js';
import {
  type ApiError,
  badRequest,
  deletedStatus,
  invalid,
  noSuchPath,
  unexpectedError,
  unknownPatch,
  unreadableBody,
  versionTooLarge,
} from './api-status.js';
import type { Cluster, WriteOptions } from './cluster.js';
import { listOptions, matcherOf, versionOf } from './list-options.js';
import type { ObjectLog } from './object-log.js';
import { isObject, jsonPatch, mergePatch, strategicMergePatch } from './patches.js';
import { renderingFor, renderList, renderObject } from './rendering.js';
import { type KubernetesObject, objectKey, type StoredObject } from './stored-object.js';

/** The requests that read or write objects by name, and the delete of many: from body and query to the cluster. */
export class ObjectRequests {
  constructor(
    private readonly log: ObjectLog,
    private readonly cluster: Cluster,
    private readonly watchList: boolean,
  ) {}

  /** The answer to a write is the object as it is then. */
  async answer(
    resource: ResourceRequest,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { row, verb, namespace } = resource;
    const rendering = renderingFor(request.headers.accept, query);
    const text = verb === 'get' ? '' : await readBody(request);
    const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
    const body = text === '' ? null : parsed(verb, type, text);
    const options = writeOptions(verb, query, body, request.headers['user-agent'] ?? 'unknown');
    const place = { row, namespace, name: resource.name ?? '' };
    const part = resource.isOfStatus ? 'status' : 'object';
    const send = (object: StoredObject, status = 200): void =>
      sendJson(response, status, renderObject(row, object, rendering, Date.now()));
    switch (verb) {
      case 'get': {
        const version = versionOf(query) ?? 0;
        if (version > this.log.version) throw versionTooLarge(version, this.log.version);
        send(this.cluster.get(place));
        return;
      }
      case 'create':
        send(this.cluster.create(row, namespace, body, options), 201);
        return;
      case 'update':
        send(this.cluster.replace(place, body, part, options));
        return;
      case 'patch': {
        if (type === APPLY && !query.has('fieldManager')) throw withoutManager();
        if (type === APPLY && this.log.get(row.kind, objectKey(namespace, place.name)) === null) {
          send(this.cluster.create(row, namespace, body, options), 201);
        } else send(this.cluster.change(place, editBy(type, body), part, options));
        return;
      }
      case 'delete': {
        const { object, isGone } = this.cluster.delete(place, options);
        if (isGone) sendJson(response, 200, deletedStatus(row, object.name, object.uid));
        else send(object);
        return;
      }
      case 'deletecollection': {
        const matches = matcherOf(listOptions(row.kind, query, this.watchList), namespace);
        const objects = this.log.list(row.kind).filter(matches);
        for (const object of objects)
          this.cluster.delete({ row, namespace: object.namespace, name: object.name }, options);
        const page = { items: objects, version: this.log.version, continue: null, remaining: null };
        sendJson(response, 200, [...renderList(row, page, rendering, Date.now())].join(''));
        return;
      }
      case 'list':
      case 'watch':
        throw noSuchPath();
    }
  }
}

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
const APPLY = 'application/apply-patch+yaml';
const PATCHES = [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY];
const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';

/** Server-side apply without ownership of fields: what is applied is merged, and nothing is taken away. */
function editBy(type: string, patch: unknown): (object: KubernetesObject) => unknown {
  switch (type) {
    case MERGE_PATCH:
      return (object) => mergePatch(object, patch);
    case JSON_PATCH:
      return (object) => jsonPatch(object, patch);
    case STRATEGIC_PATCH:
    case APPLY:
      return (object) => strategicMergePatch(object, patch);
    default:
      throw unknownPatch(PATCHES);
  }
}

const OPTIONS_OF = { create: 'CreateOptions', update: 'UpdateOptions', patch: 'PatchOptions' } as const;

/** @throws ApiError 422 */
function writeOptions(
  verb: ResourceRequest['verb'],
  query: URLSearchParams,
  body: unknown,
  userAgent: string,
): WriteOptions {
  const members = verb === 'delete' && isObject(body) ? body : {};
  const trials = [...query.getAll('dryRun'), ...(Array.isArray(members['dryRun']) ? members['dryRun'] : [])];
  if (trials.some((trial) => trial !== 'All')) {
    const message = `Unsupported value: ${JSON.stringify(trials)}: supported values: "All"`;
    const kind = verb in OPTIONS_OF ? OPTIONS_OF[verb as keyof typeof OPTIONS_OF] : 'DeleteOptions';
    throw invalid(kind, '', [{ reason: 'FieldValueNotSupported', message, field: 'dryRun' }]);
  }
  const { uid, resourceVersion } = isObject(members['preconditions']) ? members['preconditions'] : {};
  return {
    manager: query.get('fieldManager') ?? userAgent.split('/')[0] ?? userAgent,
    dryRun: trials.length > 0,
    preconditions: {
      ...(typeof uid === 'string' ? { uid } : {}),
      ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
    },
  };
}

const withoutManager = (): ApiError =>
  invalid('PatchOptions', '', [
    {
      reason: 'FieldValueRequired',
      message: 'Required value: is required for apply patch',
      field: 'fieldManager',
    },
  ]);

/** @throws ApiError 400, 415, 500 */
function parsed(verb: ResourceRequest['verb'], type: string, text: string): unknown {
  if (verb === 'patch' ? !PATCHES.includes(type) : type !== JSON_TYPE && type !== YAML_TYPE) {
    throw verb === 'patch' ? unknownPatch(PATCHES) : unreadableBody([JSON_TYPE, YAML_TYPE]);
  }
  try {
    return type === YAML_TYPE || type === APPLY ? (parseYaml(text) as unknown) : (JSON.parse(text) as unknown);
  } catch (error) {
    const message = `the body of the request cannot be read: ${String(error)}`;
    throw verb === 'delete' ? unexpectedError(message) : badRequest(message);
  }
}
