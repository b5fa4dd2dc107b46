import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpAdapter, inSpan, PlatformModule, traceCarrier, withTraceparent } from '@app/platform';
import { MemoryLog, TraceReceiver } from '@app/testing';
import { Controller, Get, Logger, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { platformSettings } from './support/platform-settings.js';

@Controller('api/things')
class ThingController {
  @Get(':id')
  async read(): Promise<string> {
    await Promise.resolve();
    return traceCarrier() ?? 'none';
  }
}

function rootOf(environment: NodeJS.ProcessEnv, logDestination: MemoryLog): Type {
  const settings = platformSettings({ NODE_ENV: 'test', ...environment });
  @Module({
    imports: [PlatformModule.forRoot({ processName: 'test', logDestination, settings })],
    controllers: [ThingController],
  })
  class RootModule {}
  return RootModule;
}

describe('traces', () => {
  let receiver: TraceReceiver;
  const log = new MemoryLog();
  let app: NestFastifyApplication | null = null;
  beforeAll(async () => {
    receiver = await TraceReceiver.start();
  });
  afterEach(async () => {
    await app?.close();
    app = null;
    receiver.answer = 'take';
    receiver.spans.length = 0;
    vi.restoreAllMocks();
  });
  afterAll(() => receiver.close());

  async function start(environment: NodeJS.ProcessEnv = {}): Promise<NestFastifyApplication> {
    log.clear();
    const root = rootOf({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...environment }, log);
    app = await NestFactory.create<NestFastifyApplication>(root, createHttpAdapter(), { logger: false });
    await app.init();
    return app;
  }

  async function end(): Promise<number> {
    const ending = performance.now();
    await app?.close();
    app = null;
    return performance.now() - ending;
  }

  const work = (): Promise<void> =>
    inSpan(
      'work',
      () => ({}),
      async () => undefined,
    );

  it('are sent at the end of the process at the latest, under the name that is set', async () => {
    await (await start({ OTEL_SERVICE_NAME: 'my fleet' })).inject('/api/things/1');
    await end();
    expect(receiver.spans).toMatchObject([{ name: 'GET /api/things/:id', service: 'my fleet' }]);
  });

  it('are in the lines of the log', async () => {
    await (await start()).inject('/api/things/1');
    await end();
    const [span] = receiver.spans;
    expect(log.records().filter(({ traceId }) => traceId === span?.traceId)).toMatchObject([
      { url: '/api/things/1', status: 200 },
    ]);
  });

  it('are made of a part of the requests, unless a client says otherwise', async () => {
    const none = await start({ OTEL_TRACES_SAMPLER_ARG: '0' });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const unsampled = await none.inject('/api/things/1');
    await none.inject({ url: '/api/things/1', headers: { traceparent } });
    await end();
    // What comes after it must know that it is not recorded, or would be recorded in part.
    expect(unsampled.body).toMatch(/^00-\w{32}-\w{16}-00$/);
    expect(receiver.spans).toMatchObject([{ parentId: 'b7ad6b7169203331' }]);
  });

  it('go with requests to others only where the sender says so', async () => {
    await start();
    const heads: IncomingHttpHeaders[] = [];
    const server = createServer((incoming, outgoing) => {
      heads.push(incoming.headers);
      outgoing.writeHead(200).end('ok');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-path?key=hunter2`;
    await inSpan(
      'work',
      () => ({}),
      async () => {
        await (await request(url)).body.text();
        await (await withTraceparent(() => request(url))).body.text();
      },
    );
    server.close();
    server.closeAllConnections();
    await end();
    const [first, second] = receiver.spans.filter(({ kind }) => kind === 'CLIENT');
    expect(heads.map(({ traceparent }) => traceparent)).toEqual([
      undefined,
      `00-${second?.traceId}-${second?.spanId}-01`,
    ]);
    expect(first).toMatchObject({ name: 'GET', attributes: { 'http.response.status_code': 200 } });
    expect(JSON.stringify(receiver.spans)).not.toMatch(/hunter2|secret-path/);
  });

  it('cost only themselves while the receiver answers errors', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    receiver.answer = 'error';
    await start();
    await work();
    await end();
    expect(receiver.spans).toEqual([]);
    const reason = { reason: expect.any(String) as string };
    expect(warn.mock.calls).toEqual([[`spans cannot be sent to ${receiver.url}; they are dropped meanwhile`, reason]]);
  });

  it('hold nothing up while the receiver is silent, and do not keep the process from ending', async () => {
    receiver.answer = 'silence';
    await start();
    for (let count = 0; count < 10_000; count += 1) await work();
    // As long as it may take, and less than the time limit of one export.
    const endedAfterMs = await end();
    expect(endedAfterMs).toBeGreaterThan(1_900);
    expect(endedAfterMs).toBeLessThan(9_000);
  });
});
