import { type Channel, channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Context, Span } from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isObject } from '../kernel/text.js';
import { parseCarrier } from './trace-carrier.js';
import { errorType, failSpan, startClientSpan, startServerSpan, traceContext } from './tracing.js';

/*
 * Spans of what Fastify and undici do, from the channels on which they publish it. Neither publishes anything, nor makes
 * a message, for a channel that nobody subscribes to. Messages are typed `unknown` by Node.
 */

declare module 'fastify' {
  interface FastifyRequest {
    /** Of its span; null while traces are off, and before its handler. */
    traceId: string | null;
  }
}

/** @returns ends it */
type Subscription = () => void;

/** https://fastify.dev/docs/latest/Reference/Hooks/#diagnostics-channel-hooks */
interface HandlerMessage {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly route: { readonly url?: string };
  /** Of what the handler threw. */
  readonly error?: unknown;
}

const HANDLER = 'tracing:fastify.request.handler';
/** Health, metrics and the files of the page are asked for often, and do nothing that is worth a trace. */
const TRACED_ROUTES = '/api/';

/** Those that have not been answered. */
const requestSpans = new WeakMap<FastifyRequest, Span>();

/**
 * A span for each request of the API that reaches its handler, named by its route. It begins when the request arrived, and
 * ends with the answer.
 */
export function spansOfRequests(): Subscription {
  const start: Channel<Context | undefined, unknown> = channel(`${HANDLER}:start`);
  start.bindStore(traceContext, (message) => {
    const { request, reply, route } = message as HandlerMessage;
    const begun = route.url?.startsWith(TRACED_ROUTES) === true ? startRequestSpan(request, reply, route.url) : null;
    return begun === null ? traceContext.getStore() : begun.context;
  });
  return together([() => start.unbindStore(traceContext), subscribed(`${HANDLER}:error`, noteError)]);
}

function noteError(message: unknown): void {
  const { request, error } = message as HandlerMessage;
  requestSpans.get(request)?.setAttribute('error.type', errorType(error));
}

/** To be called when a stream has begun, which may stay open for hours. It does nothing for a request without a span. */
export function endSpanOf(request: FastifyRequest, status: number): void {
  const span = requestSpans.get(request);
  if (span === undefined) return;
  requestSpans.delete(request);
  span.setAttribute('http.response.status_code', status);
  // A rejected request is an error of the client: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status
  if (status >= 500) failSpan(span, String(status));
  span.end();
}

function startRequestSpan(
  request: FastifyRequest,
  reply: FastifyReply,
  route: string,
): ReturnType<typeof startServerSpan> {
  const begun = startServerSpan(
    `${request.method} ${route}`,
    { 'http.request.method': request.method, 'http.route': route, 'novita_fleet.request.id': request.id },
    parseCarrier(request.headers.traceparent),
    Date.now() - reply.elapsedTime,
  );
  if (begun === null) return null;
  request.traceId = begun.span.spanContext().traceId;
  requestSpans.set(request, begun.span);
  reply.raw.once('close', () => endSpanOf(request, reply.statusCode));
  return begun;
}

/** https://github.com/nodejs/undici/blob/main/docs/docs/api/DiagnosticsChannel.md */
interface ClientMessage {
  readonly request: {
    readonly origin?: string | URL | null;
    readonly method: string;
    addHeader(name: string, value: string): unknown;
  };
  readonly response?: { readonly statusCode: number };
  readonly error?: unknown;
}

/**
 * A span for each request that undici sends while a span is active. It names the host and never the path: that of a webhook
 * may be a secret, and the span around it says what the request is for.
 */
export function spansOfClients(): Subscription {
  const spans = new WeakMap<object, Span>();
  return together([
    subscribed('undici:request:create', (message) => {
      const { request } = message as ClientMessage;
      const begun = startClientSpan(request.method, addressOf(request));
      if (begun === null) return;
      spans.set(request, begun.span);
      if (begun.traceparent !== null) request.addHeader('traceparent', begun.traceparent);
    }),
    subscribed('undici:request:headers', (message) => {
      const { request, response } = message as ClientMessage;
      const span = spans.get(request);
      if (span === undefined || response === undefined) return;
      span.setAttribute('http.response.status_code', response.statusCode);
      if (response.statusCode >= 400) failSpan(span, String(response.statusCode));
    }),
    subscribed('undici:request:trailers', (message) => spans.get((message as ClientMessage).request)?.end()),
    subscribed('undici:request:error', (message) => {
      const { request, error } = message as ClientMessage;
      const span = spans.get(request);
      if (span === undefined) return;
      failSpan(span, codeOf(error) ?? errorType(error));
      span.end();
    }),
  ]);
}

function addressOf({ origin, method }: ClientMessage['request']): Record<string, string | number> {
  const text = String(origin);
  if (!URL.canParse(text)) return { 'http.request.method': method };
  const { protocol, hostname, port } = new URL(text);
  return {
    'http.request.method': method,
    'server.address': hostname,
    'server.port': port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
  };
}

function codeOf(error: unknown): string | null {
  return isObject(error) && typeof error['code'] === 'string' ? error['code'] : null;
}

function subscribed(name: string, listener: (message: unknown) => void): Subscription {
  subscribe(name, listener);
  return () => void unsubscribe(name, listener);
}

function together(subscriptions: readonly Subscription[]): Subscription {
  return () => {
    for (const end of subscriptions) end();
  };
}
