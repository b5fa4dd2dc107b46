import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { closeServer, listen, sendText } from '../api/http-server.js';
import type { Stage } from '../stage.js';

/**
 * Where the ports of running instances answer. One listener for all http ports, distinguished by path
 * (`/{instanceId}/{port}/`), and one for all tcp ports: a listener for each would not do for 100,000 instances.
 */
export interface Ingress {
  readonly httpPort: number;
  readonly tcpPort: number;
  /** Serves this stage from now on. */
  serve(stage: Stage): void;
  close(): Promise<void>;
}

export async function openIngress(host: string): Promise<Ingress> {
  let stage: Stage | null = null;
  const http = createHttpServer((request, response) => answer(stage, request, response));
  const sockets = new Set<Socket>();
  const tcp = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    socket.resume();
  });
  const httpPort = await listen(http, host);
  const tcpPort = await listen(tcp, host).catch(async (error: unknown) => {
    await closeServer(http);
    throw error;
  });
  return {
    httpPort,
    tcpPort,
    serve: (served) => {
      stage = served;
    },
    close: async () => {
      http.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      await Promise.all([closeServer(http), closeServer(tcp)]);
    },
  };
}

/** 200 from an open port of a running instance, 502 from everything else, as the provider's proxy. */
function answer(stage: Stage | null, request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const [, instanceId = '', port = ''] = (request.url ?? '').split('/');
  const instance = stage?.instance(instanceId);
  if (stage === null || instance === undefined || !instance.portsOpen || !serves(instance, port)) {
    sendText(response, 502, 'bad gateway');
    return;
  }
  const record = stage.world.fleet.get(instanceId);
  const silence = record === undefined ? null : stage.board.silences(record, Number(port));
  if (silence === 'nothing') return;
  if (silence === '503') sendText(response, 503, 'service unavailable');
  else sendText(response, 200, `${instance.name} port ${port}`);
}

function serves(instance: NonNullable<ReturnType<Stage['instance']>>, port: string): boolean {
  const { ports, tools } = instance.spec;
  if (!/^\d+$/.test(port)) return port === 'web-terminal' || port.endsWith('-log');
  return [...ports, ...tools].some((spec) => spec.type === 'http' && spec.port === Number(port));
}
