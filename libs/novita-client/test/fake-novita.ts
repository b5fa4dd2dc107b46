import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { SystemClock } from '@app/platform';
import type { Redis } from 'ioredis';
import { createNovitaClient, type NovitaClient, type NovitaClientOptions } from '../src/novita-client.js';
import type { CallObserver } from '../src/transport/attempt.js';

interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
  readonly at: number;
}

export type Answer = (response: ServerResponse, request: ReceivedRequest) => void | Promise<void>;

/** A bare HTTP server whose answers a test writes; the sandbox is the one that behaves like Novita. */
export interface FakeNovita {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** Connections that were opened. */
  connections(): number;
  /** What is answered, one after the other; the last for ever. */
  answers(...answers: readonly Answer[]): void;
  close(): Promise<void>;
}

export const json =
  (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };

export const text =
  (body: string, status = 200): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
  };

export const refusal = (status: number, reason: string, message: string, headers = {}): Answer =>
  json({ code: status, reason, message, metadata: {} }, status, headers);

export const reset: Answer = (response) => {
  response.socket?.destroy();
};

/** Answers nothing, until the connection or the server ends. */
export const silence: Answer = () => undefined;

export async function startFakeNovita(): Promise<FakeNovita> {
  const requests: ReceivedRequest[] = [];
  const sockets = new Set<Socket>();
  let opened = 0;
  let script: readonly Answer[] = [json({})];
  let step = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const url = new URL(request.url ?? '/', 'http://novita');
      const body = Buffer.concat(chunks).toString();
      const received: ReceivedRequest = {
        method: request.method ?? '',
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: request.headers,
        body: body === '' ? undefined : (JSON.parse(body) as unknown),
        at: performance.now(),
      };
      requests.push(received);
      const answer = script[Math.min(step, script.length - 1)] ?? json({});
      step += 1;
      await answer(response, received);
    })().catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  server.on('connection', (socket) => {
    opened += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    connections: () => opened,
    answers: (...answers) => {
      script = answers;
      step = 0;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** What a client reported while it was used. */
export class ObservedCalls implements CallObserver {
  readonly calls: string[] = [];
  readonly outcomes: string[] = [];
  readonly malformedItems: string[] = [];
  readonly surprises: string[] = [];

  exchanged(call: string, outcome: string): void {
    this.calls.push(call);
    this.outcomes.push(outcome);
  }

  notSent(_call: string, kind: string): void {
    this.outcomes.push(`not sent: ${kind}`);
  }

  surprised(call: string, found: readonly { readonly name: string }[]): void {
    for (const { name } of found) this.surprises.push(`${call} ${name}`);
  }

  malformed(call: string, items: readonly { readonly path: string }[]): void {
    for (const { path } of items) this.malformedItems.push(`${call} ${path}`);
  }
}

export const TEST_KEY = 'sk_test_0123456789';

/** A client with short waits. The caller closes it. */
export function clientOf(
  baseUrl: string,
  options: Partial<NovitaClientOptions> = {},
  parts: {
    readonly observer?: CallObserver;
    readonly redis?: Redis;
    readonly onBudgetChange?: (cause: Error | null) => void;
  } = {},
): NovitaClient {
  return createNovitaClient(
    {
      baseUrl,
      apiKey: TEST_KEY,
      timeoutMs: 2_000,
      maxRequestsPerSecond: 1_000,
      pageSize: 10,
      ...options,
      policies: { retryDelay: { firstMs: 5, maxMs: 50 }, ...options.policies },
    },
    {
      clock: new SystemClock(),
      observer: parts.observer ?? new ObservedCalls(),
      shared: parts.redis === undefined ? null : { redis: parts.redis, keyPrefix: 'test' },
      onBudgetChange: parts.onBudgetChange ?? (() => undefined),
    },
  );
}
