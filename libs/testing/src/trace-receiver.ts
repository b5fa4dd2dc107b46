import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span that has ended, as tests ask about it. */
export interface RecordedSpan {
  readonly name: string;
  /** `SERVER`, `CLIENT`, `PRODUCER`, `CONSUMER` or `INTERNAL`. */
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Null at the beginning of a trace. */
  readonly parentId: string | null;
  /** Ids of spans. */
  readonly links: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly hasFailed: boolean;
  /** Name of the service; empty where there is none. */
  readonly service: string;
}

/** What a receiver does with spans: takes them, answers an error, or never answers. */
export type TraceAnswer = 'take' | 'error' | 'silence';

/** Receives spans by OTLP over HTTP in JSON, as a collector does. */
export class TraceReceiver {
  readonly spans: RecordedSpan[] = [];
  /** Of each request, taken or not. */
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
  answer: TraceAnswer = 'take';

  private constructor(private readonly server: Server) {}

  static async start(): Promise<TraceReceiver> {
    const server = createServer();
    const receiver = new TraceReceiver(server);
    server.on('request', (request, response) => void receiver.receive(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** Those of one trace. */
  trace(traceId: string): readonly RecordedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    this.requests.push({ path: request.url ?? '', headers: request.headers, body });
    if (this.answer === 'silence') return;
    if (this.answer === 'take') this.spans.push(...spansIn(JSON.parse(body)));
    response.writeHead(this.answer === 'take' ? 200 : 500, { 'content-type': 'application/json' }).end('{}');
  }
}

/** https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
function spansIn(message: unknown): readonly RecordedSpan[] {
  return list(message, 'resourceSpans').flatMap((group) => {
    const name = isObject(group) ? attributesIn(group['resource'])['service.name'] : undefined;
    return list(group, 'scopeSpans').flatMap((scope) =>
      list(scope, 'spans').map((span) => readSpan(span, typeof name === 'string' ? name : '')),
    );
  });
}

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];

function readSpan(span: unknown, service: string): RecordedSpan {
  if (!isObject(span)) throw new Error('a span is an object');
  const parent = span['parentSpanId'];
  return {
    name: String(span['name']),
    kind: KINDS[Number(span['kind'])] ?? '',
    traceId: String(span['traceId']),
    spanId: String(span['spanId']),
    parentId: typeof parent === 'string' && parent !== '' ? parent : null,
    links: list(span, 'links').map((link) => (isObject(link) ? String(link['spanId']) : '')),
    attributes: attributesIn(span),
    hasFailed: isObject(span['status']) && span['status']['code'] === 2,
    service,
  };
}

function attributesIn(holder: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    list(holder, 'attributes').map((attribute) => {
      if (!isObject(attribute) || !isObject(attribute['value'])) throw new Error('an attribute has a value');
      return [String(attribute['key']), Object.values(attribute['value'])[0]];
    }),
  );
}

function list(holder: unknown, name: string): readonly unknown[] {
  const found = isObject(holder) ? holder[name] : undefined;
  return Array.isArray(found) ? found : [];
}

/** Of its own: this file loads none of the product. */
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
