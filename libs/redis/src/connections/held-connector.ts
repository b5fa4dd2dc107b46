import { type NetConnectOpts, Socket as NetSocket, connect as netConnect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { AbstractConnector, type RedisOptions, SentinelConnector } from 'ioredis';

type ErrorEmitter = Parameters<AbstractConnector['connect']>[0];

/** What every connection answers while it is held. */
class RedisHeldError extends Error {
  override readonly name = 'RedisHeldError';
  readonly code = 'ECONNREFUSED';
}

/**
 * Makes a connection behave as one to a Redis that refuses it, for as long as it is held: commands fail fast, readers
 * wait, and it reconnects by itself afterwards. So nothing reaches a Redis that has not been proven, whoever holds a
 * connection to it. To be used as the `Connector` of ioredis.
 *
 * @param isHeld asked at every attempt to connect
 */
export function heldConnector(isHeld: () => boolean): NonNullable<RedisOptions['Connector']> {
  return class HeldConnector extends AbstractConnector {
    private readonly options: RedisOptions;
    private readonly sentinels: SentinelConnector | null;

    constructor(options: unknown) {
      super((options as RedisOptions).disconnectTimeout ?? DISCONNECT_TIMEOUT_MS);
      this.options = options as RedisOptions;
      this.sentinels = (this.options.sentinels ?? null) === null ? null : new SentinelConnector(this.options);
    }

    override check(info: { readonly role?: string }): boolean {
      return this.sentinels?.check(info) ?? true;
    }

    override disconnect(): void {
      super.disconnect();
      this.sentinels?.disconnect();
    }

    override async connect(emit: ErrorEmitter): Promise<Socket> {
      if (isHeld()) {
        this.firstError = new RedisHeldError('Redis has not been proven to be usable yet');
        // ioredis gives a connection up for good when its connector throws; a stream that has ended makes it try again.
        return new NetSocket().destroy();
      }
      if (this.sentinels !== null) return this.sentinels.connect(emit);
      this.stream = openSocket(this.options);
      this.stream.once('error', (error: Error) => (this.firstError = error));
      return this.stream;
    }
  };
}

const DISCONNECT_TIMEOUT_MS = 2_000;

function openSocket({ host = 'localhost', port = 6379, path, family, tls }: RedisOptions): Socket {
  const place: NetConnectOpts =
    typeof path === 'string' ? { path } : { host, port, ...(family !== undefined && { family }) };
  return tls === undefined ? netConnect(place) : tlsConnect({ ...place, ...tls });
}
