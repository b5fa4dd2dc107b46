import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { ProcessIdentity } from '../kernel/ids.js';
import { spansOfClients, spansOfRequests } from './http-spans.js';
import { useTracer } from './tracing.js';
import { TracingSettings } from './tracing.settings.js';

/** Spans that wait to be sent; further ones are dropped. */
const MOST_WAITING = 4_096;
const BATCH = 512;
/** A batch is given up after so long, its repeats included. */
const EXPORT_MS = 10_000;
const SEND_EVERY_MS = 2_000;

interface Running {
  readonly provider: TracerProvider;
  readonly unsubscribe: () => void;
}

/** Makes traces and sends them, if OTEL_EXPORTER_OTLP_ENDPOINT is set; otherwise it loads, starts and subscribes nothing. */
@Injectable()
export class Traces implements OnApplicationShutdown {
  private running: Running | null = null;

  /** @param flushMs for the spans that wait when the process ends */
  constructor(
    private readonly settings: TracingSettings,
    private readonly identity: ProcessIdentity,
    private readonly flushMs: number,
  ) {}

  /** Before anything is traced. */
  async start(): Promise<void> {
    const endpoint = this.settings.OTEL_EXPORTER_OTLP_ENDPOINT;
    const fraction = this.settings.OTEL_TRACES_SAMPLER_ARG;
    if (endpoint === null) return;
    // The only place that loads the SDK. The bundles leave it out (scripts/bundle.mjs).
    const [sdk, { resourceFromAttributes }, { OTLPTraceExporter }] = await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/exporter-trace-otlp-http'),
    ]);
    const exporter = new OTLPTraceExporter({
      url: `${endpoint}/v1/traces`,
      headers: { ...this.settings.OTEL_EXPORTER_OTLP_HEADERS },
      timeoutMillis: EXPORT_MS,
      // All that waits is sent at once when the process ends, and one batch may be under way.
      concurrencyLimit: MOST_WAITING / BATCH + 1,
    });
    const provider = new sdk.TracerProvider({
      resource: resourceFromAttributes({
        'service.name': this.settings.OTEL_SERVICE_NAME ?? `novita-fleet-${this.identity.processName}`,
        'service.instance.id': this.identity.toString(),
      }),
      sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(fraction) }),
      spanProcessors: [
        new sdk.BatchSpanProcessor({
          exporter: new ReportedExporter(exporter, endpoint),
          maxQueueSize: MOST_WAITING,
          maxExportBatchSize: BATCH,
          scheduledDelayMillis: SEND_EVERY_MS,
          exportTimeoutMillis: EXPORT_MS,
        }),
      ],
    });
    useTracer(provider.getTracer('novita-fleet'));
    const subscriptions = [spansOfRequests(), spansOfClients()];
    this.running = { provider, unsubscribe: () => subscriptions.forEach((end) => end()) };
  }

  /** Sends what waits, as far as the receiver takes it in time. */
  async onApplicationShutdown(): Promise<void> {
    if (this.running === null) return;
    const { provider, unsubscribe } = this.running;
    this.running = null;
    unsubscribe();
    useTracer(null);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.flushMs);
    });
    // What it fails with has been logged.
    await Promise.race([provider.shutdown().catch(() => undefined), late]);
    clearTimeout(timer);
  }
}

/** Says once that spans cannot be sent, and once that they can again. A receiver that is away costs nothing but its spans. */
export class ReportedExporter implements SpanExporter {
  private readonly logger = new Logger('Traces');
  private isFailing = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly endpoint: string,
  ) {}

  export(...[spans, done]: Parameters<SpanExporter['export']>): void {
    this.exporter.export(spans, (result) => {
      this.report(result.error);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  /** @param error the exporter gives one whenever it fails */
  private report(error: Error | undefined): void {
    const isSent = error === undefined;
    if (isSent !== this.isFailing) return;
    this.isFailing = !isSent;
    if (isSent) {
      this.logger.log(`spans are sent to ${this.endpoint} again`);
      return;
    }
    const { message: reason } = error;
    this.logger.warn(`spans cannot be sent to ${this.endpoint}; they are dropped meanwhile`, { reason });
  }
}
