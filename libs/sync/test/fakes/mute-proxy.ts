import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and a server, and can fall silent without closing anything, as a network that is cut does. */
export class MuteProxy {
  readonly pairs: (readonly [Socket, Socket])[] = [];
  private server: Server | null = null;

  constructor(private readonly targetPort: number) {}

  async start(): Promise<string> {
    const server = createServer((client) => {
      const target = connect(this.targetPort, '127.0.0.1');
      this.pairs.push([client, target]);
      client.pipe(target).pipe(client);
      for (const socket of [client, target]) socket.on('error', () => undefined);
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `redis://127.0.0.1:${address.port}`;
  }

  /** The connections that there are carry nothing any more; new ones do. */
  mute(): void {
    for (const [client, target] of this.pairs) {
      client.unpipe(target);
      target.unpipe(client);
      target.destroy();
    }
  }

  async stop(): Promise<void> {
    for (const [client, target] of this.pairs) for (const socket of [client, target]) socket.destroy();
    await new Promise((resolve) => this.server?.close(resolve));
  }
}
