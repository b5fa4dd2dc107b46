import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** A message as it arrived. */
export interface ReceivedWebhook {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body; an empty object when it is no JSON object. */
  readonly event: Readonly<Record<string, unknown>>;
  /** What the official library says to it with the receiver's secret; null when the receiver has none. */
  readonly isGenuine: boolean | null;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** The status that was answered; null where none was. */
  readonly answered: number | null;
}

/** What a receiver does with a message. */
export type ReceiverAnswer =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** A status at once, and then a body that never ends. */
  | { readonly kind: 'slow-body' }
  /** Bytes that are no HTTP. */
  | { readonly kind: 'garbage' }
  /** Nothing, for as long as the sender waits. */
  | { readonly kind: 'silence' };

export const TAKEN: ReceiverAnswer = { kind: 'status', status: 204 };

/** A receiver of webhooks on this machine: verifies, records, and answers as it is told. */
export class WebhookReceiver {
  /** In the order of their arrival. */
  readonly received: ReceivedWebhook[] = [];
  /** TCP connections, whether or not a request came over them. */
  connections = 0;
  private readonly sockets = new Set<Socket>();
  private server: Server | null = null;
  private answer: (message: ReceivedWebhook) => ReceiverAnswer = () => TAKEN;
  private secrets: readonly string[] = [];

  private constructor(private port: number) {}

  static async start(port = 0): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(port);
    await receiver.open();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hooks`;
  }

  /** Those that were answered with 2xx. */
  get taken(): readonly ReceivedWebhook[] {
    return this.received.filter(({ answered }) => answered !== null && answered >= 200 && answered <= 299);
  }

  /** A message is genuine when the official library verifies it with one of these. */
  verifyWith(...secrets: readonly string[]): void {
    this.secrets = secrets;
  }

  answerWith(answer: ReceiverAnswer | ((message: ReceivedWebhook) => ReceiverAnswer)): void {
    this.answer = typeof answer === 'function' ? answer : () => answer;
  }

  /** Listens again, on the port that it had. */
  async open(): Promise<void> {
    const server = createServer((request, response) => void this.take(request, response));
    server.on('connection', (socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Is down: connections are refused. */
  async close(): Promise<void> {
    const { server } = this;
    if (server === null) return;
    this.server = null;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      // The sender has gone away in the middle of its message.
      return;
    }
    const body = Buffer.concat(chunks).toString('utf8');
    const { headers } = request;
    const message: ReceivedWebhook = {
      id: String(headers['webhook-id']),
      headers,
      body,
      event: parseObject(body),
      isGenuine: this.secrets.length === 0 ? null : this.secrets.some((secret) => verifies(secret, body, headers)),
      atMs: Date.now(),
      answered: null,
    };
    const answer = this.answer(message);
    this.received.push({ ...message, answered: answer.kind === 'status' ? answer.status : null });
    reply(answer, response);
  }
}

function reply(answer: ReceiverAnswer, response: ServerResponse): void {
  switch (answer.kind) {
    case 'status':
      response.writeHead(answer.status, answer.headers).end(answer.body);
      return;
    case 'slow-body':
      response.writeHead(200, { 'content-type': 'text/plain' }).write('wait');
      return;
    case 'garbage':
      response.socket?.end('\x16\x03 this is no HTTP\r\n\r\n');
      return;
    case 'silence':
      return;
  }
}

function verifies(secret: string, body: string, headers: IncomingHttpHeaders): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

function parseObject(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
