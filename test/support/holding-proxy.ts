import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Passes requests on, and keeps back those to one path for as long as a test wants: what waits for them lasts as long. */
export class HoldingProxy {
  private held: Promise<void> | null = null;
  private letGo: () => void = () => undefined;

  private constructor(private readonly server: Server) {}

  /** @param pathEnd of the requests that `hold` keeps back */
  static async before(target: string, pathEnd: string): Promise<HoldingProxy> {
    const server = createServer((incoming, outgoing) => {
      const url = new URL(incoming.url ?? '', target);
      const pass = (): void => {
        const { method, headers } = incoming;
        const onward = request(url, { method, headers }, (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        });
        onward.on('error', () => outgoing.destroy());
        incoming.pipe(onward);
      };
      if (proxy.held === null || !url.pathname.endsWith(pathEnd)) pass();
      else void proxy.held.then(pass);
    });
    const proxy = new HoldingProxy(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  hold(): void {
    this.held = new Promise((resolve) => {
      this.letGo = resolve;
    });
  }

  /** Lets go what was kept back, and keeps nothing back any more. */
  release(): void {
    this.held = null;
    this.letGo();
  }

  async close(): Promise<void> {
    this.release();
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
