import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Ten segments, as Linux begins a connection with. */
const FIRST_WINDOW_BYTES = 14_600;

/**
 * A link with a round trip, as a proxy in front of a server on this machine: half of the round trip in each direction, a whole one
 * before a new connection carries anything (its handshake), and answers in windows that double with each round trip (slow
 * start). Chromium's own emulation delays requests only: neither handshakes nor windows, so it flatters pages of many files. Without TLS,
 * which would add a round trip or two to each connection, and without loss.
 */
export class SlowLink {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @param target address of the server, such as `http://127.0.0.1:3000` */
  static async to(target: string, roundTripMs: number): Promise<SlowLink> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const link = new SlowLink(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('connection', (near) => link.join(near, connect(Number(port), hostname), roundTripMs));
    return link;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(near: Socket, far: Socket, roundTripMs: number): void {
    const isOpenAt = performance.now() + roundTripMs;
    const up = new DelayedBytes(far, roundTripMs, isOpenAt, Number.POSITIVE_INFINITY);
    const down = new DelayedBytes(near, roundTripMs, isOpenAt, FIRST_WINDOW_BYTES);
    for (const [from, to] of [
      [near, up],
      [far, down],
    ] as const) {
      this.sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (bytes) => to.send(bytes));
      from.on('end', () => to.end());
      // Whichever end breaks off takes the other with it.
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.end();
      });
    }
  }
}

/** Bytes on their way in one direction of a connection. */
class DelayedBytes {
  private window: number;
  /** Of the present window, what may still be sent. */
  private left: number;
  private windowBegan = 0;
  /** Bytes do not overtake each other. */
  private latest = 0;

  constructor(
    private readonly to: Socket,
    private readonly roundTripMs: number,
    private readonly isOpenAt: number,
    firstWindow: number,
  ) {
    this.window = firstWindow;
    this.left = firstWindow;
  }

  send(bytes: Buffer): void {
    for (let rest = bytes; rest.length > 0; ) {
      const begins = this.windowAt(performance.now());
      const part = rest.subarray(0, this.left);
      rest = rest.subarray(part.length);
      this.left -= part.length;
      this.at(begins + this.roundTripMs / 2, () => this.to.write(part));
    }
  }

  end(): void {
    this.at(performance.now() + this.roundTripMs / 2, () => this.to.end());
  }

  /** When bytes that are sent now leave: at once, or with the next window when this one is used up. */
  private windowAt(now: number): number {
    const begins = Math.max(now, this.windowBegan);
    if (this.left > 0 && begins < this.windowBegan + this.roundTripMs) return begins;
    if (this.left === 0) this.window *= 2;
    this.left = this.window;
    this.windowBegan = this.windowBegan === 0 ? begins : Math.max(begins, this.windowBegan + this.roundTripMs);
    return this.windowBegan;
  }

  private at(time: number, work: () => void): void {
    this.latest = Math.max(this.latest, time, this.isOpenAt);
    setTimeout(() => {
      if (!this.to.destroyed) work();
    }, this.latest - performance.now());
  }
}
