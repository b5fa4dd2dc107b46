import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

interface Backend {
  readonly url: string;
  readonly port: number;
  isReady: boolean;
}

const ASKED_EVERY_MS = 100;
/** One that is merely slow to say it stays as it was. */
const PROBE_PATIENCE_MS = 60_000;

/**
 * Spreads connections over processes as a Kubernetes Service does: a process whose `/health/ready` is not 200 gets no new
 * ones, and those that are open stay where they are. It knows nothing of HTTP.
 */
export class Balancer {
  private readonly ending = new AbortController();
  private readonly open = new Set<Socket>();
  private probing: Promise<unknown> = Promise.resolve();
  private turn = 0;
  /** Connections for which there was no process. */
  turnedAway = 0;

  private constructor(
    private readonly server: Server,
    private readonly backends: readonly Backend[],
  ) {
    server.on('connection', (client: Socket) => this.accept(client));
  }

  static async start(urls: readonly string[]): Promise<Balancer> {
    const backends = urls.map((url) => ({ url, port: Number(new URL(url).port), isReady: false }));
    const balancer = new Balancer(createServer({ allowHalfOpen: true }), backends);
    await Promise.all(backends.map((backend) => balancer.probe(backend)));
    balancer.probing = Promise.all(backends.map((backend) => balancer.keepProbing(backend)));
    balancer.server.listen(0, '127.0.0.1');
    await once(balancer.server, 'listening');
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  isReady(url: string): boolean {
    return this.backends.some((backend) => backend.url === url && backend.isReady);
  }

  async close(): Promise<void> {
    this.ending.abort();
    for (const socket of this.open) socket.destroy();
    this.server.close();
    await Promise.all([this.probing, once(this.server, 'close')]);
  }

  private accept(client: Socket): void {
    const ready = this.backends.filter(({ isReady }) => isReady);
    const backend = ready[this.turn++ % Math.max(1, ready.length)];
    client.on('error', () => undefined);
    if (backend === undefined) {
      this.turnedAway += 1;
      client.destroy();
      return;
    }
    const upstream = connect({ port: backend.port, host: '127.0.0.1', allowHalfOpen: true });
    this.open.add(client).add(upstream);
    // An end is passed on behind all that came before it; a break at once.
    client.pipe(upstream);
    upstream.pipe(client);
    const breakOff = (): void => {
      client.destroy();
      upstream.destroy();
    };
    upstream.on('error', breakOff);
    client.on('error', breakOff);
    for (const socket of [client, upstream]) {
      socket.on('close', () => {
        this.open.delete(socket);
        if (!socket.readableEnded) breakOff();
      });
    }
  }

  private async keepProbing(backend: Backend): Promise<void> {
    while (!this.ending.signal.aborted) {
      await pause(ASKED_EVERY_MS, undefined, { signal: this.ending.signal }).catch(() => undefined);
      await this.probe(backend);
    }
  }

  private async probe(backend: Backend): Promise<void> {
    try {
      const signal = AbortSignal.any([this.ending.signal, AbortSignal.timeout(PROBE_PATIENCE_MS)]);
      const answer = await fetch(`${backend.url}/health/ready`, { signal });
      await answer.arrayBuffer();
      backend.isReady = answer.ok;
    } catch {
      backend.isReady = false;
    }
  }
}
