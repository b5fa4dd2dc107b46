import { isSpanContextValid, type SpanContext, TraceFlags } from '@opentelemetry/api';
import type { Brand } from '../kernel/ids.js';

/**
 * A span as others continue it: in a header, in a job, in an entry of the change feed. The text of `traceparent`, version
 * 00: https://www.w3.org/TR/trace-context/#traceparent-header
 */
export type TraceCarrier = Brand<string, 'TraceCarrier'>;

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** @returns null for a text that is none, such as one of a client */
export function parseCarrier(text: unknown): TraceCarrier | null {
  const context = typeof text === 'string' ? parse(text) : null;
  return context === null ? null : carrierOf(context);
}

export function carrierOf({ traceId, spanId, traceFlags }: SpanContext): TraceCarrier {
  return `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01'}` as TraceCarrier;
}

/** As a span of another process. */
export function spanContextOf(carrier: TraceCarrier): SpanContext {
  const context = parse(carrier);
  if (context === null) throw new Error('a carrier is checked where it is made');
  return context;
}

function parse(text: string): SpanContext | null {
  const [, version, traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(text) ?? [];
  // A later version may have further parts; 00 has none, and ff is forbidden.
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return null;
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
  return isSpanContextValid(context) ? context : null;
}
