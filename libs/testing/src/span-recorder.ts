import { useTracer } from '@app/platform';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { RecordedSpan } from './trace-receiver.js';

/** Makes traces in this process and keeps them, until it is stopped. */
export class SpanRecorder {
  private readonly exporter = new InMemorySpanExporter();

  private constructor() {
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: this.exporter })] });
    useTracer(provider.getTracer('test'));
  }

  static start(): SpanRecorder {
    return new SpanRecorder();
  }

  /** In the order in which they ended. */
  get spans(): readonly RecordedSpan[] {
    return this.exporter.getFinishedSpans().map((span) => ({
      name: span.name,
      kind: SpanKind[span.kind] ?? '',
      traceId: span.spanContext().traceId,
      spanId: span.spanContext().spanId,
      parentId: span.parentSpanContext?.spanId ?? null,
      links: span.links.map(({ context }) => context.spanId),
      attributes: span.attributes,
      hasFailed: span.status.code === SpanStatusCode.ERROR,
      service: '',
    }));
  }

  stop(): void {
    useTracer(null);
  }
}
