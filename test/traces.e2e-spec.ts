import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ReceivedWebhook, type RecordedSpan, TraceReceiver, WebhookReceiver } from '@app/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from './support/api-client.js';
import { ROOT } from './support/built-process.js';
import { Fleet, OPERATOR_KEY } from './support/fleet.js';
import { until } from './support/until.js';

/** Of a client that makes traces too. */
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const CLIENT_SPAN = 'b7ad6b7169203331';
const RECEIVER_KEY = 'key-of-the-trace-receiver';
const ENV_VALUE = 'a-value-that-nobody-may-see';

let fleet: Fleet;
let traces: TraceReceiver;
let webhooks: WebhookReceiver;
let novita: RecordedNovita;
let folder: string;
let tracing: Readonly<Record<string, string>>;

beforeAll(async () => {
  [traces, webhooks, folder] = await Promise.all([
    TraceReceiver.start(),
    WebhookReceiver.start(),
    mkdtemp(join(tmpdir(), 'novita-fleet-traces-')),
  ]);
  tracing = {
    OTEL_EXPORTER_OTLP_ENDPOINT: traces.url,
    OTEL_EXPORTER_OTLP_HEADERS: `x-key=${RECEIVER_KEY}`,
    // In production addresses of webhooks need TLS.
    NODE_ENV: 'development',
    WEBHOOK_ALLOW_PRIVATE_ADDRESSES: 'true',
  };
  fleet = await Fleet.start({ apis: 1, workers: 0, env: { ...tracing, ...(await recordedLoads('traced')) } });
  novita = await RecordedNovita.before(fleet.sandbox.url);
  await fleet.addWorker({ NOVITA_API_BASE_URL: novita.url });
});
afterAll(async () => {
  await fleet?.stop();
  await Promise.all([
    traces?.close(),
    webhooks?.close(),
    novita?.close(),
    rm(folder, { recursive: true, force: true }),
  ]);
});

/** Has a process write down what it loads of OpenTelemetry. */
async function recordedLoads(name: string): Promise<Readonly<Record<string, string>>> {
  await writeFile(join(folder, name), '');
  return {
    LOADED_PACKAGES: join(folder, name),
    NODE_OPTIONS: `--import=${join(ROOT, 'test', 'support', 'loaded-packages.mjs')}`,
  };
}

async function loaded(name: string): Promise<readonly string[]> {
  const lines = (await readFile(join(folder, name), 'utf8')).split('\n').filter((line) => line !== '');
  return [...new Set(lines.map((line) => /@opentelemetry\/([^/]+)/.exec(line)?.[1] ?? ''))];
}

async function createTraced(url: string, name: string): Promise<string> {
  const answer = await until('a create is taken or refused', async () => {
    const answer = await new ApiClient(url, OPERATOR_KEY).request<{ id: string }>(
      'POST',
      '/api/v1/instances',
      {
        name,
        productName: 'RTX 4090',
        image: 'nginx:latest',
        envs: [{ key: 'TOKEN', value: ENV_VALUE }],
        webhookUrl: `${webhooks.url}/${name}`,
      },
      { traceparent: `00-${TRACE_ID}-${CLIENT_SPAN}-01` },
    );
    return answer.status !== 503 && answer;
  });
  expect([answer.status, answer.body]).toMatchObject([201, { id: expect.stringMatching(/^ins_/) }]);
  return answer.body.id;
}

const eventOf = (id: string, type: string): Promise<ReceivedWebhook> =>
  until(`${type} of ${id} is delivered`, async () =>
    webhooks.taken.find(({ event }) => event['instanceId'] === id && event['type'] === type),
  );

describe('a trace', () => {
  it('leads from a request through the queue to Novita and the webhook', async () => {
    const id = await createTraced(fleet.api.url, 'traced');
    const ready = await eventOf(id, 'instance.ready');
    const [api, worker] = [fleet.apis[0], fleet.workers[0]];
    // What has not been sent yet is sent at the end.
    expect(await Promise.all([api?.end('SIGTERM'), worker?.end('SIGTERM')])).toEqual([0, 0]);

    const spans = traces.trace(TRACE_ID);
    const named = (name: string, service: string): readonly RecordedSpan[] =>
      spans.filter((span) => span.name === name && span.service === `novita-fleet-${service}`);
    const childOf = (parent: RecordedSpan | undefined) => (span: RecordedSpan) => span.parentId === parent?.spanId;

    const [server] = named('POST /api/v1/instances', 'api');
    expect(server).toMatchObject({ kind: 'SERVER', parentId: CLIENT_SPAN });
    expect(server?.attributes).toMatchObject({ 'http.response.status_code': 201 });
    const enqueue = named('enqueue RECONCILE_INSTANCE', 'api').find(childOf(server));
    expect(enqueue).toMatchObject({ kind: 'PRODUCER' });
    const runs = ['RECONCILE_INSTANCE', 'STARTUP_MONITOR'].flatMap((job) => named(`run ${job}`, 'worker'));
    expect(runs.length).toBeGreaterThan(1);
    expect(runs.filter(childOf(enqueue)).length).toBe(runs.length);
    const [create, ...others] = named('novita POST /gpu/instance/create', 'worker');
    expect(others).toEqual([]);
    expect(runs.map(({ spanId }) => spanId)).toContain(create?.parentId);
    expect(spans.find(childOf(create))).toMatchObject({ name: 'POST', kind: 'CLIENT' });
    const webhook = named('webhook instance.ready', 'worker')[0];
    expect(runs.map(({ spanId }) => spanId)).toContain(webhook?.parentId);
    // The receiver goes on with it.
    const sent = spans.find(childOf(webhook));
    expect(sent).toMatchObject({ name: 'POST', kind: 'CLIENT' });
    expect(ready.headers.traceparent).toBe(`00-${TRACE_ID}-${sent?.spanId}-01`);

    const known = new Set([CLIENT_SPAN, ...spans.map(({ spanId }) => spanId)]);
    expect(spans.filter(({ parentId }) => !known.has(parentId ?? ''))).toEqual([]);
    for (const process of [api, worker]) expect(process?.output).toContain(`"traceId":"${TRACE_ID}"`);
  });

  it('is known to its receiver and to nobody else, and holds no secret', async () => {
    expect(traces.requests.length).toBeGreaterThan(0);
    for (const { path, headers } of traces.requests) {
      expect([path, headers['x-key']]).toEqual(['/v1/traces', RECEIVER_KEY]);
    }
    expect(novita.requests.length).toBeGreaterThan(0);
    expect(novita.requests.filter(({ traceparent }) => traceparent !== undefined)).toEqual([]);
    const text = traces.requests.map(({ body }) => body).join('\n');
    for (const secret of [OPERATOR_KEY, 'sandbox-key', ENV_VALUE, RECEIVER_KEY, '/hooks']) {
      expect(text).not.toContain(secret);
    }
  });
});

describe('a process without OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  it('loads nothing of the SDK, which one with it does, and knows of no trace', async () => {
    expect(await loaded('traced')).toEqual(expect.arrayContaining(['sdk-trace', 'exporter-trace-otlp-http']));
    // One that is traced would do the work of the other.
    await fleet.killWorkers();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: '' };
    const [api, worker] = await Promise.all([
      recordedLoads('untraced-api').then((loads) => fleet.addApi({ ...env, ...loads })),
      recordedLoads('untraced-worker').then((loads) => fleet.addWorker({ ...env, ...loads })),
    ]);
    // Queues, Redis and Novita's client are called for it, which make the spans where there are any.
    await eventOf(await createTraced(fleet.clients.at(-1)?.url ?? '', 'untraced'), 'instance.ready');
    await api.says(/"url":"\/api\/v1\/instances","status":201/);
    await Promise.all([api, worker].map((process) => process.end('SIGKILL')));
    for (const [name, { output }] of [
      ['untraced-api', api],
      ['untraced-worker', worker],
    ] as const) {
      expect([name, (await loaded(name)).filter((part) => part !== 'api')]).toEqual([name, []]);
      expect(output).not.toContain('traceId');
    }
  });
});

/** Passes requests on to the sandbox, and keeps their heads. */
class RecordedNovita {
  readonly requests: IncomingHttpHeaders[] = [];

  private constructor(private readonly server: Server) {}

  static async before(url: string): Promise<RecordedNovita> {
    const server = createServer((incoming, outgoing) => {
      recorded.requests.push(incoming.headers);
      const { method, headers } = incoming;
      const onward = request(new URL(incoming.url ?? '', url), { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on('error', () => outgoing.destroy());
      incoming.pipe(onward);
    });
    const recorded = new RecordedNovita(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return recorded;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
