import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import type { PortProtocol } from '@app/instance-store';
import { FakeClock, freePort } from '@app/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { NetworkPortProber } from '../src/reconcile/port-prober.js';

const servers: (Server | TcpServer)[] = [];
// An answer may take long on a busy machine; only silence is waited for briefly.
const prober = new NetworkPortProber(new FakeClock(), { timeoutMs: 30_000 });
const impatient = new NetworkPortProber(new FakeClock(), { timeoutMs: 300 });

afterEach(async () => {
  await Promise.all([prober.onApplicationShutdown(), impatient.onApplicationShutdown()]);
  await Promise.all(
    servers.splice(0).map((server) => {
      if ('closeAllConnections' in server) server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
});

async function listen(server: Server | TcpServer): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function probe(
  protocol: PortProtocol,
  endpoint: string | null,
  signal = new AbortController().signal,
  by = prober,
) {
  const [result] = await by.probe([{ port: 8080, protocol }], [{ port: 8080, type: protocol, endpoint }], signal);
  return result;
}

async function probeHttp(listener: RequestListener, by = prober) {
  return probe('http', await listen(createServer(listener)), undefined, by);
}

describe('NetworkPortProber', () => {
  it.each([
    [200, true],
    [302, true],
    [404, true],
    [500, false],
    [502, false],
  ])('takes an answer of %i for %s', async (status, ok) => {
    const result = await probeHttp((_request, response) =>
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end('error'),
    );
    expect(result).toMatchObject({ port: 8080, protocol: 'http', ok, detail: String(status) });
  });

  it('does not read a body that never ends', async () => {
    const result = await probeHttp((_request, response) => {
      response.writeHead(200);
      response.write('x'.repeat(100_000));
    });
    expect(result).toMatchObject({ ok: true, detail: '200' });
  });

  it('gives up on a server that says nothing', async () => {
    expect(await probeHttp(() => undefined, impatient)).toMatchObject({ ok: false, detail: 'timed out' });
  });

  it('connects to tcp ports, and says nothing to them', async () => {
    const endpoint = await listen(createTcpServer((socket) => socket.on('error', () => undefined)));
    expect(await probe('tcp', endpoint)).toMatchObject({ ok: true, detail: 'connected' });
  });

  it.each(['http', 'tcp'] as const)('reports why an %s port does not answer', async (protocol) => {
    expect(await probe(protocol, `127.0.0.1:${await freePort()}`)).toMatchObject({ ok: false, detail: 'ECONNREFUSED' });
    expect(await probe(protocol, null)).toMatchObject({ ok: false, detail: 'no endpoint yet' });
    expect(await probe(protocol, 'no such\nplace')).toMatchObject({ ok: false });
    expect(await probe(protocol, '127.0.0.1:1', AbortSignal.abort())).toMatchObject({ ok: false, detail: 'timed out' });
  });
});
