import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * `open`: passes everything on. `cut`: every connection is closed, and new ones too. `silent`: connections stay, new ones are
 * accepted, and nothing passes either way, as on a network that drops packets.
 */
export type GateState = 'open' | 'cut' | 'silent';

/** The network between one process and its Redis. */
export class Gate {
  private state: GateState = 'open';
  private readonly pairs = new Map<Socket, Socket>();

  private constructor(
    private readonly server: Server,
    private targetPort: number,
  ) {
    server.on('connection', (client: Socket) => this.accept(client));
  }

  static async open(targetPort: number): Promise<Gate> {
    const server = createServer();
    const gate = new Gate(server, targetPort);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return gate;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  set(state: GateState): void {
    this.state = state;
    // What was dropped in silence is lost for good, so such a connection is of no use afterwards.
    if (state !== 'silent') this.closeAll();
  }

  /** New connections lead there. Those that are open stay where they are. */
  leadTo(targetPort: number): void {
    this.targetPort = targetPort;
  }

  closeAll(): void {
    for (const [client, upstream] of this.pairs) {
      client.destroy();
      upstream.destroy();
    }
  }

  async close(): Promise<void> {
    this.closeAll();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(client: Socket): void {
    client.on('error', () => undefined);
    if (this.state === 'cut') {
      client.destroy();
      return;
    }
    const upstream = connect(this.targetPort, '127.0.0.1');
    this.pairs.set(client, upstream);
    const end = (): void => {
      client.destroy();
      upstream.destroy();
      this.pairs.delete(client);
    };
    client.on('close', end);
    upstream.on('error', end).on('close', end);
    client.on('data', (bytes: Buffer) => void (this.state !== 'silent' && upstream.write(bytes)));
    upstream.on('data', (bytes: Buffer) => void (this.state !== 'silent' && client.write(bytes)));
  }
}
