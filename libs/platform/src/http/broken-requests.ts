import { maxHeaderSize, ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { requestIdFor } from '../logging/request-id.js';
import { answerFrameworkError, type EarlyHeaders } from '../problems/framework-error.js';
import { PLATFORM_PROBLEMS } from '../problems/platform-problems.js';
import { Problem } from '../problems/problem.js';
import { problemAnswer } from '../problems/problem-document.js';
import type { Forwarding } from './forwarding.js';

/** What Node says of a connection on which no whole request can be read. */
export interface ConnectionError extends Error {
  readonly code?: string;
  /** Of its parser: a fixed sentence, nothing that was sent. */
  readonly reason?: string;
}

/** Answers on a connection whose request Node refuses before Fastify sees one; the connection is then closed. */
export function answerConnectionError(error: ConnectionError, socket: Socket, early: EarlyHeaders): void {
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
export function takeOverFromNode(server: FastifyInstance, forwarding: Forwarding, early: EarlyHeaders): void {
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
