import { channel } from 'node:diagnostics_channel';
import { SpanRecorder } from '@app/testing';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { endSpanOf, spansOfClients, spansOfRequests } from './http-spans.js';
import { activeTraceId, inSpan } from './tracing.js';

const CHANNELS = [
  ...['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((name) => `tracing:fastify.request.handler:${name}`),
  ...['create', 'headers', 'trailers', 'error'].map((name) => `undici:request:${name}`),
];
const subscribed = (): readonly string[] => CHANNELS.filter((name) => channel(name).hasSubscribers);

let recorder: SpanRecorder;
let ends: (() => void)[] = [];
let server: FastifyInstance | null = null;

function start(): SpanRecorder {
  recorder = SpanRecorder.start();
  ends = [spansOfRequests(), spansOfClients(), () => recorder.stop()];
  return recorder;
}

afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await server?.close();
  server = null;
});

const streamEnds = Promise.withResolvers<void>();

/** A server whose routes answer the trace that they run in. */
function serverOf(): FastifyInstance {
  server = fastify();
  server.decorateRequest('traceId', null);
  server.get('/api/v1/instances/:id', async () => {
    await Promise.resolve();
    return { traceId: activeTraceId() };
  });
  server.get('/api/v1/callback', (_request, reply) => void reply.send({ traceId: activeTraceId() }));
  server.get('/api/v1/broken', async () => {
    throw new TypeError('the key is hunter2');
  });
  server.get('/api/v1/stream', async (request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200).write('a');
    endSpanOf(request, 200);
    await streamEnds.promise;
    reply.raw.end();
  });
  server.get('/health', async () => ({ traceId: activeTraceId() }));
  return server;
}

/** So a build without subscribers, and one with them while traces are off, do the same for a request. */
it('while traces are off, nothing is subscribed, and everything is given up when they end', () => {
  expect(subscribed()).toEqual([]);
  start();
  expect(subscribed()).not.toEqual([]);
  for (const end of ends.splice(0)) end();
  expect(subscribed()).toEqual([]);
});

describe('a request that is answered', () => {
  const get = (url: string, headers: Record<string, string> = {}) => serverOf().inject({ url, headers });

  it('is a span with the name of its route, in which its handler runs', async () => {
    const traces = start();
    const answer = await get('/api/v1/instances/ins_1?key=hunter2', { authorization: 'Bearer hunter2' });
    const [span] = traces.spans;
    expect(span).toMatchObject({
      name: 'GET /api/v1/instances/:id',
      kind: 'SERVER',
      parentId: null,
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/api/v1/instances/:id',
        'http.response.status_code': 200,
      },
    });
    expect(answer.json()).toEqual({ traceId: span?.traceId });
    expect(JSON.stringify(span)).not.toMatch(/hunter2|ins_1/);
  });

  it('goes on with the trace of its client', async () => {
    const traces = start();
    await get('/api/v1/callback', { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
    expect(traces.spans).toMatchObject([
      { traceId: '0af7651916cd43dd8448eb211c80319c', parentId: 'b7ad6b7169203331', name: 'GET /api/v1/callback' },
    ]);
  });

  it('has failed when the handler throws, without a word of the message', async () => {
    const traces = start();
    expect((await get('/api/v1/broken')).statusCode).toBe(500);
    expect(traces.spans).toMatchObject([{ hasFailed: true, attributes: { 'http.response.status_code': 500 } }]);
    expect(JSON.stringify(traces.spans)).not.toContain('hunter2');
  });

  it('ends when its stream has begun', async () => {
    const traces = start();
    const stream = get('/api/v1/stream');
    await expect.poll(() => traces.spans.length).toBe(1);
    streamEnds.resolve();
    await stream;
    expect(traces.spans).toMatchObject([{ name: 'GET /api/v1/stream' }]);
  });

  it('is none for what is no part of the API', async () => {
    const traces = start();
    expect((await get('/health')).json()).toEqual({ traceId: null });
    expect(traces.spans).toEqual([]);
  });
});

describe('a request to another host', () => {
  class Request {
    readonly headers: string[] = [];
    readonly method = 'POST';
    readonly origin = 'https://hooks.example.com';
    readonly path = '/hunter2';

    addHeader(name: string, value: string): void {
      this.headers.push(name, value);
    }
  }
  const publish = (name: string, message: object): void => channel(`undici:request:${name}`).publish(message);

  it('is a span that names the host and not the path', async () => {
    const traces = start();
    const request = new Request();
    await inSpan(
      'work',
      () => ({}),
      async () => publish('create', { request }),
    );
    publish('headers', { request, response: { statusCode: 404 } });
    publish('trailers', { request });
    expect(request.headers).toEqual([]);
    const [work, client] = traces.spans;
    expect(client).toMatchObject({
      name: 'POST',
      kind: 'CLIENT',
      parentId: work?.spanId,
      hasFailed: true,
      attributes: { 'server.address': 'hooks.example.com', 'server.port': 443, 'http.response.status_code': 404 },
    });
    expect(JSON.stringify(client)).not.toContain('hunter2');
  });

  it('ends with its error', async () => {
    const traces = start();
    const request = new Request();
    await inSpan(
      'work',
      () => ({}),
      async () => publish('create', { request }),
    );
    publish('error', { request, error: Object.assign(new Error('hunter2'), { code: 'ECONNRESET' }) });
    expect(traces.spans[1]).toMatchObject({ hasFailed: true, attributes: { 'error.type': 'ECONNRESET' } });
  });

  it('is none outside of any work', () => {
    const traces = start();
    const request = new Request();
    publish('create', { request });
    publish('trailers', { request });
    expect(traces.spans).toEqual([]);
  });
});
