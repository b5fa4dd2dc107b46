import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A server on loopback that answers as a test says, one request after the other. */
export class FakeApiserver {
  readonly requests: IncomingMessage[] = [];
  private readonly answers: Answer[] = [];

  private constructor(private readonly server: Server) {}

  /** @param tls answers https when given */
  static async start(tls: ServerOptions | null = null): Promise<FakeApiserver> {
    const listener: RequestListener = (request, response) => fake.handle(request, response);
    const server = tls === null ? createServer(listener) : createTlsServer(tls, listener);
    const fake = new FakeApiserver(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return fake;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The next request without an answer of its own gets this one; the last one stays. */
  answer(...answers: readonly Answer[]): void {
    this.answers.push(...answers);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => {
      this.server.close(resolve);
    });
    this.server.closeAllConnections();
    await closed;
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request);
    const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    if (answer === undefined) response.writeHead(500).end();
    else answer(response, request);
  }
}

/** Answers JSON. */
export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

/** A page of a list, as an apiserver makes it. */
export function aList(names: readonly string[], metadata: Readonly<Record<string, unknown>> = {}): unknown {
  return {
    kind: 'PodList',
    apiVersion: 'v1',
    metadata: { resourceVersion: '7', ...metadata },
    items: names.map((name) => ({ metadata: { name, namespace: 'default', uid: name, resourceVersion: '5' } })),
  };
}
