import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Sayings } from '../../simulation/world/said.js';

/** Calls after which an instance may bill that did not before. */
const BUYS = /\/(?:create|start|restart|migrate)$/;

/**
 * Stands between the fleet and Novita, passes everything on as it is, and writes down what Novita said, whether or not the
 * answer arrives.
 */
export class NovitaWire {
  readonly sayings = new Sayings();
  calls = 0;
  /** Called when Novita has answered a call that can begin a bill, or has broken it off. */
  onBought: () => void = () => undefined;
  private readonly agent = new Agent({ keepAlive: true });

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {
    server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => this.pass(incoming, outgoing));
  }

  static async open(target: string): Promise<NovitaWire> {
    const server = createServer({ keepAliveTimeout: 65_000 });
    const wire = new NovitaWire(server, new URL(target));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return wire;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.agent.destroy();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const sentAtMs = Date.now();
    this.calls += 1;
    const { method, url = '/', headers } = incoming;
    const { hostname, port } = this.target;
    const forwarded = request({ agent: this.agent, hostname, port, method, path: url, headers });
    const isBuying = BUYS.test(url.split('?')[0] ?? '');
    const breakOff = (): void => {
      forwarded.destroy();
      outgoing.destroy();
    };
    incoming.pipe(forwarded);
    incoming.on('error', breakOff);
    outgoing.on('close', () => void (outgoing.writableFinished || breakOff()));
    forwarded.on('error', breakOff);
    forwarded.on('close', () => void (isBuying && this.onBought()));
    forwarded.on('response', (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      answer.on('error', breakOff);
      answer.on('end', () => {
        const body = Buffer.concat(pieces);
        this.note(url, answer.statusCode ?? 0, body.toString('utf8'), sentAtMs);
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        outgoing.end(body);
      });
    });
  }

  private note(url: string, status: number, body: string, sentAtMs: number): void {
    const { pathname, searchParams } = new URL(url, this.target);
    const isList = pathname.endsWith('/gpu/instances');
    const isGet = pathname.endsWith('/gpu/instance');
    if (!isList && !isGet) return;
    const operation = isList ? 'listInstances' : 'getInstance';
    this.sayings.note(operation, searchParams.get('instanceId'), status, body, sentAtMs, Date.now());
  }
}
