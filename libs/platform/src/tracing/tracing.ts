import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { carrierOf, spanContextOf, type TraceCarrier } from './trace-carrier.js';

/*
 * What the code of the fleet sees of traces. While they are off, `tracer` is null: then no span, no context and no
 * object is made, and nothing is added to what is stored or sent.
 */

/** The context that the running code makes spans in. Not OpenTelemetry's own, so that nothing global is replaced. */
export const traceContext = new AsyncLocalStorage<Context | undefined>();

let tracer: Tracer | null = null;

/** @param made null ends tracing */
export function useTracer(made: Tracer | null): void {
  tracer = made;
}

type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  /** Default: work within this process. */
  readonly kind?: 'producer' | 'consumer';
  /** Never a secret, a body, a query or an address with any of them: spans go to another system. */
  readonly attributes?: SpanAttributes;
  /** Whose work it is; null begins a trace of its own. Default: the span that is active. */
  readonly parent?: TraceCarrier | null;
  /** Other spans that it has to do with. */
  readonly links?: readonly TraceCarrier[];
}

/** What the work says of its span. */
export interface SpanNotes {
  /** See `SpanOptions`. */
  note(attributes: SpanAttributes): void;
  /** The work has failed, though it throws nothing. @param type a short name, such as that of an error's class */
  fail(type: string): void;
}

const NO_NOTES: SpanNotes = { note: () => undefined, fail: () => undefined };
const KINDS = { producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER } as const;

/**
 * Does the work within a span. What the work throws is thrown on; the span gets the name of its class and never its
 * message, which may hold anything.
 *
 * @param name with few values: the span is found by it
 * @param options called only while traces are made
 */
export async function inSpan<Result>(
  name: string,
  options: () => SpanOptions,
  work: (span: SpanNotes) => Promise<Result>,
): Promise<Result> {
  if (tracer === null) return work(NO_NOTES);
  const { kind, attributes = {}, parent, links = [] } = options();
  const context = parent === undefined ? activeContext() : parent === null ? ROOT_CONTEXT : contextOf(parent);
  const span = tracer.startSpan(
    name,
    {
      kind: kind === undefined ? SpanKind.INTERNAL : KINDS[kind],
      attributes: { ...attributes },
      links: links.map(linkTo),
    },
    context,
  );
  try {
    return await traceContext.run(trace.setSpan(context, span), () => work(notesOf(span)));
  } catch (error) {
    failSpan(span, errorType(error));
    throw error;
  } finally {
    span.end();
  }
}

/** The span that is active, to be continued elsewhere; null when there is none, as while traces are off. */
export function traceCarrier(): TraceCarrier | null {
  const span = activeSpan();
  return span === undefined ? null : carrierOf(span.spanContext());
}

/** Of the span that is active; null when there is none. */
export function activeTraceId(): string | null {
  return activeSpan()?.spanContext().traceId ?? null;
}

/** Whose requests may carry a `traceparent` to the host that they go to. */
const SENDS_TRACEPARENT = Symbol('novita-fleet sends traceparent');

/**
 * Lets the HTTP requests of the work carry a `traceparent`, while traces are made. No other request does: what leaves for a
 * third party is for the code that sends it to decide.
 */
export function withTraceparent<Result>(work: () => Result): Result {
  if (activeSpan() === undefined) return work();
  return traceContext.run(activeContext().setValue(SENDS_TRACEPARENT, true), work);
}

/** Makes the span of a request to another host, within one that is active. */
export function startClientSpan(
  name: string,
  attributes: Attributes,
): { readonly span: Span; readonly traceparent: TraceCarrier | null } | null {
  if (tracer === null || activeSpan() === undefined) return null;
  const context = activeContext();
  const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, context);
  const isCarried = context.getValue(SENDS_TRACEPARENT) === true;
  return { span, traceparent: isCarried ? carrierOf(span.spanContext()) : null };
}

/**
 * Makes the span of a request that this process answers, and the context for its handler.
 *
 * @param parent of the client; null for a trace of its own
 * @param startedMs epoch milliseconds
 */
export function startServerSpan(
  name: string,
  attributes: Attributes,
  parent: TraceCarrier | null,
  startedMs: number,
): { readonly span: Span; readonly context: Context } | null {
  if (tracer === null) return null;
  const context = parent === null ? ROOT_CONTEXT : contextOf(parent);
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes, startTime: startedMs }, context);
  return { span, context: trace.setSpan(context, span) };
}

export function failSpan(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

export function errorType(error: unknown): string {
  return error instanceof Error ? error.name : 'Error';
}

function activeContext(): Context {
  return traceContext.getStore() ?? ROOT_CONTEXT;
}

function activeSpan(): Span | undefined {
  return tracer === null ? undefined : trace.getSpan(activeContext());
}

function contextOf(carrier: TraceCarrier): Context {
  return trace.setSpanContext(ROOT_CONTEXT, spanContextOf(carrier));
}

const linkTo = (carrier: TraceCarrier): Link => ({ context: spanContextOf(carrier) });

function notesOf(span: Span): SpanNotes {
  return {
    note: (attributes) => span.setAttributes({ ...attributes }),
    fail: (type) => failSpan(span, type),
  };
}
