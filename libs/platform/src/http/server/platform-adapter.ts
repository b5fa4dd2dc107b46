import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type IncomingMessage, maxHeaderSize, ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HttpAdapterHost } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PLATFORM_PROBLEMS } from '../problems/platform-problems.js';
import { answerFrameworkError, type EarlyHeaders } from '../problems/problem.filter.js';
import { Problem, problemAnswer } from '../problems/problem.js';
import { Forwarding, type ForwardingSettings } from './forwarding.js';
import { RouteTable } from './route-table.js';

/** The Fastify server of an application; null in a process without one. */
export function fastifyOf(adapters: HttpAdapterHost): FastifyInstance | null {
  // Typed as always there, but an application context is made without it.
  const adapter: HttpAdapterHost['httpAdapter'] | null | undefined = adapters.httpAdapter;
  return adapter?.getType() === 'fastify' ? adapter.getInstance<FastifyInstance>() : null;
}

const BODY_LIMIT_BYTES = 1_048_576;
const RECEIVE_TIMEOUT_MS = 30_000;
/** Longer than any name or id, so that a handler can say which one is wrong. */
const MAX_PATH_PART_LENGTH = 500;

/** The HTTP server of every process: request ids, limits, and problem documents even for what no route ever sees. */
export function createHttpAdapter(
  settings: ForwardingSettings = { BASE_PATH: null, TRUST_PROXY: null },
): FastifyAdapter {
  const forwarding = new Forwarding(settings);
  const earlyHeaders: EarlyHeaders = { of: () => ({}) };
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: RECEIVE_TIMEOUT_MS,
    genReqId: requestIdFor,
    requestIdHeader: false,
    logger: false,
    // While the server closes, what still arrives on open connections is answered; the stores close after it.
    return503OnClosing: false,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      answerFrameworkError(error, request, reply, forwarding.prefixOf(request.raw)),
    clientErrorHandler: (error: ConnectionError, socket: Socket) => answerConnectionError(error, socket, earlyHeaders),
    http: {
      // Or Node refuses a request without one by itself, with no word why.
      requireHostHeader: false,
      // Of these two limits Node takes the longer one for the body, and its own for headers is a minute.
      headersTimeout: RECEIVE_TIMEOUT_MS,
    },
    trustProxy: forwarding.trustProxy,
    rewriteUrl: (request: IncomingMessage) => forwarding.routedUrl(request),
    routerOptions: { maxParamLength: MAX_PATH_PART_LENGTH },
  });
  const routeTable = new RouteTable();
  takeOverFromNode(adapter.getInstance(), forwarding, earlyHeaders);
  adapter
    .getInstance()
    .decorate('routeTable', routeTable)
    .decorate('earlyHeaders', earlyHeaders)
    .decorateRequest('prefix', {
      getter() {
        return forwarding.prefixOf(this.raw);
      },
    })
    .addHook('onRoute', ({ method, url }) => routeTable.add(method, url));
  return adapter;
}

/** The error of Node for a connection on which no whole request can be read. */
interface ConnectionError extends Error {
  readonly code?: string;
  /** Of its parser: a fixed sentence, nothing that was sent. */
  readonly reason?: string;
}

/** Answers on a connection whose request Node refuses before Fastify sees one; the connection is then closed. */
function answerConnectionError(error: ConnectionError, socket: Socket, early: EarlyHeaders): void {
  if (error.code === 'ECONNRESET' || !socket.writable || hasBegunAnswer(socket)) {
    socket.destroy();
    return;
  }
  answerAndClose(problemOfConnection(error), socket, early);
}

function answerAndClose(problem: Problem, socket: Duplex, early: EarlyHeaders): void {
  const requestId = requestIdFor({ headers: {} });
  const { status, headers, body } = problemAnswer(problem, requestId, '');
  const text = JSON.stringify(body);
  const lines = Object.entries({
    ...early.of('/'),
    ...headers,
    'X-Request-Id': requestId,
    'Content-Length': Buffer.byteLength(text),
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${text}`, () => socket.destroy());
}

function problemOfConnection(error: ConnectionError): Problem {
  switch (error.code ?? '') {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(PLATFORM_PROBLEMS['headers-too-large'], {
        detail: `The request line and the headers are larger than ${maxHeaderSize / 1024} KiB together.`,
        cause: error,
      });
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(PLATFORM_PROBLEMS['request-timeout'], {
        detail: 'The request did not arrive as a whole in time.',
        cause: error,
      });
    default:
      return new Problem(PLATFORM_PROBLEMS['bad-request'], {
        detail: `What was sent is not HTTP/1.1${error.reason === undefined ? '' : `: ${error.reason}`}.`,
        suggestion: 'Send plain HTTP/1.1 to this port; TLS ends at the proxy before it.',
        cause: error,
      });
  }
}

/** An answer that is under way would be broken by a second one; Node keeps it where only this finds it. */
function hasBegunAnswer(socket: Socket): boolean {
  const answer: unknown = Reflect.get(socket, '_httpMessage');
  return answer instanceof ServerResponse && answer.headersSent;
}

/**
 * Sees to the requests that Node would answer by itself, without a body: one without a host, or with an expectation; and to
 * those for a tunnel, which Fastify leaves open and unanswered.
 */
function takeOverFromNode(server: FastifyInstance, forwarding: Forwarding, early: EarlyHeaders): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (request.raw.headers.host !== undefined || request.raw.httpVersion !== '1.1') {
      done();
      return;
    }
    const problem = new Problem(PLATFORM_PROBLEMS['bad-request'], { detail: 'The request has no Host header.' });
    answerFrameworkError(problem, request, reply, forwarding.prefixOf(request.raw));
  });
  server.server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy());
    const detail = 'This is no proxy: it opens no tunnels.';
    answerAndClose(new Problem(PLATFORM_PROBLEMS['method-not-allowed'], { detail }), socket, early);
  });
  // An expectation that is not known may be ignored: https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1
  server.server.on('checkExpectation', (request, response) => server.server.emit('request', request, response));
}

const USABLE_REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** The client's own `X-Request-Id` when it is short and harmless in a log and a header, else a new one. */
export function requestIdFor(request: { readonly headers: IncomingHttpHeaders }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && USABLE_REQUEST_ID.test(given) ? given : randomUUID();
}
