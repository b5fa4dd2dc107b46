import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { parse as parseYaml } from 'yaml';
import { BodyTooLargeError, readBody, sendJson, sendText } from '../api/http-server.js';
import { type ResourceRequest, resourceRequest } from './api-request.js';
import {
  ApiError,
  badRequest,
  deletedStatus,
  invalid,
  methodNotAllowed,
  noSuchPath,
  unauthorized,
  unexpectedError,
  unknownPatch,
  unreadableBody,
  versionTooLarge,
} from './api-status.js';
import type { Cluster, WriteOptions } from './cluster.js';
import { discover, unknownPlace } from './discovery.js';
import type { FaceVerb, FaultSubject, KubernetesFaults } from './faults.js';
import type { FaceKind } from './kinds.js';
import { listOptions, matcherOf, versionOf } from './list-options.js';
import { listPage } from './list-page.js';
import type { ObjectLog } from './object-log.js';
import { isObject, jsonPatch, mergePatch, strategicMergePatch } from './patches.js';
import { renderingFor, renderList, renderObject } from './rendering.js';
import { type KubernetesObject, objectKey, type StoredObject } from './stored-object.js';
import { WatchStream } from './watch-stream.js';

/** One request that the face got. */
export interface KubernetesCall {
  readonly verb: FaceVerb;
  /** Null for what is about no kind: discovery, and paths that are not there. */
  readonly kind: FaceKind | null;
  readonly namespace: string | null;
  readonly name: string | null;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly userAgent: string;
}

interface ApiServerOptions {
  /** Null lets everybody in. */
  readonly token: string | null;
  readonly watchList: boolean;
  readonly bookmarkMs: number;
  readonly continueTtlMs: number;
  readonly pageDelayMs: number;
}

const MOST_CALLS = 10_000;
const PIECE_LENGTH = 256 * 1024;

/** The HTTP side: from a request to its answer. */
export class KubernetesApiServer {
  private calls: KubernetesCall[] = [];
  private readonly watches = new Map<WatchStream, FaceKind>();

  constructor(
    private readonly log: ObjectLog,
    private readonly cluster: Cluster,
    private readonly faults: KubernetesFaults,
    private readonly options: ApiServerOptions,
  ) {}

  /** The latest, in their order. */
  callLog(): readonly KubernetesCall[] {
    return this.calls;
  }

  forgetCalls(): void {
    this.calls = [];
  }

  openWatches(kind?: FaceKind): number {
    return [...this.watches.values()].filter((one) => kind === undefined || one === kind).length;
  }

  /** Sends what a stall held back. */
  pumpWatches(): void {
    for (const watch of this.watches.keys()) watch.pump();
  }

  endWatches(kind?: FaceKind): void {
    for (const [watch, one] of this.watches) if (kind === undefined || one === kind) watch.end();
  }

  destroyWatches(): void {
    for (const watch of this.watches.keys()) watch.destroy();
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.answer(request, response);
    } catch (error) {
      if (response.headersSent || request.socket.destroyed) response.destroy();
      else if (error instanceof ApiError) {
        sendJson(response, error.status.code, JSON.stringify(error.status), error.retryAfterSeconds);
      } else if (error instanceof BodyTooLargeError) sendText(response, 413, error.message);
      else sendText(response, 500, `the sandbox itself failed: ${String(error)}`);
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', headers } = request;
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://sandbox.invalid');
    const discovered = discover(path, headers.accept ?? '');
    const asked = discovered === null ? attempt(() => resourceRequest(method, path, query)) : null;
    const resource = asked instanceof ApiError ? null : asked;
    this.note(resource, path, query, headers['user-agent'] ?? '');
    if (!this.isLetIn(request)) throw unauthorized();
    const subject = subjectOf(resource, query);
    const delayMs = this.faults.delayMs(subject) + (subject.verb === 'list' ? this.options.pageDelayMs : 0);
    if (delayMs > 0) await pause(delayMs, undefined, { ref: false });
    if (this.isEndedByFault(subject, response)) return;
    const page = discovered ?? (resource === null ? unknownPlace(path) : null);
    if (page !== null) {
      if (discovered !== null && method !== 'GET' && method !== 'HEAD') throw methodNotAllowed();
      response.writeHead(discovered === null ? 404 : 200, { 'content-type': page.contentType });
      response.end(page.body);
    } else if (resource === null) throw asked instanceof ApiError ? asked : noSuchPath();
    else if (resource.verb === 'watch') this.watch(resource, query, request, response, subject);
    else if (resource.verb === 'list') await this.list(resource, query, request, response, subject);
    else await this.object(resource, query, request, response);
  }

  private note(resource: ResourceRequest | null, path: string, query: URLSearchParams, userAgent: string): void {
    this.calls.push({
      verb: resource?.verb ?? 'discovery',
      kind: resource?.row.kind ?? null,
      namespace: resource?.namespace ?? null,
      name: resource?.name ?? null,
      path,
      query: Object.fromEntries(query),
      userAgent,
    });
    if (this.calls.length > MOST_CALLS) this.calls = this.calls.slice(-MOST_CALLS / 2);
  }

  /** By a token, or by a client certificate, which the TLS of the server has checked. */
  private isLetIn(request: IncomingMessage): boolean {
    const { token } = this.options;
    const hasCertificate = 'authorized' in request.socket && request.socket.authorized === true;
    return token === null || hasCertificate || request.headers.authorization === `Bearer ${token}`;
  }

  /** @throws ApiError when the fault is an error */
  private isEndedByFault(subject: FaultSubject, response: ServerResponse): boolean {
    const fault = this.faults.onRequest(subject);
    if (fault === null) return false;
    switch (fault.end) {
      case 'reset':
        response.destroy();
        break;
      case 'stall':
        break;
      case 'too-many-requests':
        response.setHeader('retry-after', String(fault.retryAfterSeconds));
        sendText(response, 429, 'Too many requests, please try again later.\n');
        break;
      case 'error':
        throw fault.error;
    }
    return true;
  }

  private watch(
    { row, namespace }: ResourceRequest,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
    subject: FaultSubject,
  ): void {
    const rendering = renderingFor(request.headers.accept, query);
    const options = listOptions(row.kind, query, this.options.watchList);
    const { version, sendInitialEvents, timeoutMs, bookmarks } = options;
    const showsInitial = sendInitialEvents ?? (version === null || version === 0);
    const watch = new WatchStream(
      response,
      {
        row,
        rendering,
        matches: matcherOf(options, namespace),
        after: showsInitial ? null : (version ?? this.log.version),
        marksInitial: sendInitialEvents === true,
        bookmarks,
        timeoutMs,
        subject,
      },
      { log: this.log, faults: this.faults, bookmarkMs: this.options.bookmarkMs },
    );
    this.watches.set(watch, row.kind);
    response.on('close', () => this.watches.delete(watch));
  }

  private async list(
    { row, namespace }: ResourceRequest,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
    subject: FaultSubject,
  ): Promise<void> {
    const rendering = renderingFor(request.headers.accept, query);
    const options = listOptions(row.kind, query, this.options.watchList);
    const isForgotten = options.continue !== null && this.faults.strike('expired-continue', subject) !== null;
    const now = Date.now();
    const memory = { now, ttlMs: isForgotten ? Number.NEGATIVE_INFINITY : this.options.continueTtlMs };
    const page = listPage(this.log, row.kind, namespace, options, memory);
    const isCut = this.faults.strike('cut', subject) !== null;
    response.writeHead(200, { 'content-type': 'application/json' });
    let piece = '';
    for (const text of renderList(row, page, rendering, now)) {
      piece += text;
      if (piece.length < PIECE_LENGTH) continue;
      if (isCut) break;
      if (!response.write(piece)) await drained(response);
      if (response.destroyed) return;
      piece = '';
    }
    if (isCut) response.write(piece.slice(0, piece.length / 2), () => response.destroy());
    else response.end(piece);
  }

  /** Reads or writes single objects; the answer of a write is the object. */
  private async object(
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
        const matches = matcherOf(listOptions(row.kind, query, this.options.watchList), namespace);
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

function subjectOf(resource: ResourceRequest | null, query: URLSearchParams): FaultSubject {
  const version = query.get('resourceVersion') ?? '';
  return {
    kind: resource?.row.kind ?? null,
    verb: resource?.verb ?? 'discovery',
    namespace: resource?.namespace ?? null,
    name: resource?.name ?? null,
    isResumed: resource?.verb === 'watch' && version !== '' && version !== '0',
  };
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

function attempt<Value>(compute: () => Value): Value | ApiError {
  try {
    return compute();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** Waits until the reader has taken what was written, or is gone. */
async function drained(response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
