import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { BodyTooLargeError, sendJson, sendText } from '../api/http-server.js';
import { type ResourceRequest, resourceRequest } from './api-request.js';
import { ApiError, methodNotAllowed, noSuchPath, unauthorized } from './api-status.js';
import type { Cluster } from './cluster.js';
import { discover, unknownPlace } from './discovery.js';
import type { FaceVerb, FaultSubject, KubernetesFaults } from './faults.js';
import type { FaceKind } from './kinds.js';
import { listOptions, matcherOf } from './list-options.js';
import { listPage } from './list-page.js';
import type { ObjectLog } from './object-log.js';
import { ObjectRequests } from './object-requests.js';
import { renderingFor, renderList } from './rendering.js';
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

/** The HTTP side: who is let in, what faults do to an answer, lists and watches. `ObjectRequests` has the rest. */
export class KubernetesApiServer {
  private calls: KubernetesCall[] = [];
  private readonly watches = new Map<WatchStream, FaceKind>();
  private readonly objects: ObjectRequests;

  constructor(
    private readonly log: ObjectLog,
    cluster: Cluster,
    private readonly faults: KubernetesFaults,
    private readonly options: ApiServerOptions,
  ) {
    this.objects = new ObjectRequests(log, cluster, options.watchList);
  }

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
    else await this.objects.answer(resource, query, request, response);
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
