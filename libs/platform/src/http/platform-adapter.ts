import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestIdFor } from '../logging/request-id.js';
import { answerFrameworkError, type EarlyHeaders } from '../problems/framework-error.js';
import { answerConnectionError, type ConnectionError, takeOverFromNode } from './broken-requests.js';
import { Forwarding, type ForwardingSettings } from './forwarding.js';
import { RouteTable } from './route-table.js';

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
    // Or Node refuses a request without one by itself, with no word why.
    http: { requireHostHeader: false },
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
