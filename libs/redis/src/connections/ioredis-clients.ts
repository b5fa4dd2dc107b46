import { type NetConnectOpts, Socket as NetSocket, connect as netConnect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { AbstractConnector, type Command, Redis, type RedisOptions } from 'ioredis';
import { CommandNotSentError } from '../protocol/errors.js';

/**
 * A connection whose commands fail instead of waiting through an outage, and that knows which of them it never sent:
 * ioredis fails those that were sent and those that still wait for a connection with the same error.
 */
export class FailingFastRedis extends Redis {
  private readonly known = new WeakSet<Command>();

  override sendCommand(command: Command, stream?: Parameters<Redis['sendCommand']>[1]): unknown {
    // Commands of a pipeline are written by the pipeline.
    if (stream !== undefined) return super.sendCommand(command, stream);
    if (!this.known.has(command)) this.follow(command);
    // It waited for a connection until its time was over: its caller got an error.
    else if (command.isSettled) return command.promise;
    return super.sendCommand(command);
  }

  private follow(command: Command): void {
    let isSent = false;
    const { reject } = command;
    const toWritable = command.toWritable.bind(command);
    command.toWritable = (socket) => {
      isSent = true;
      return toWritable(socket);
    };
    command.reject = (error) => reject(isSent ? error : new CommandNotSentError(error));
    this.known.add(command);
  }
}

type ConnectorClass = NonNullable<RedisOptions['Connector']>;
type NetStream = Awaited<ReturnType<AbstractConnector['connect']>>;
type ErrorEmitter = Parameters<AbstractConnector['connect']>[0];

/** The error of every command on a connection while it is held. */
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
 * @param Otherwise what connects when it is not held; null for the host of the options
 */
export function heldConnector(isHeld: () => boolean, Otherwise: ConnectorClass | null): ConnectorClass {
  return class HeldConnector extends AbstractConnector {
    private readonly options: RedisOptions;
    private readonly otherwise: AbstractConnector | null;

    constructor(options: unknown) {
      super((options as RedisOptions).disconnectTimeout ?? DISCONNECT_TIMEOUT_MS);
      this.options = options as RedisOptions;
      this.otherwise = Otherwise === null ? null : new Otherwise(options);
    }

    override check(info: { readonly role?: string }): boolean {
      return this.otherwise?.check(info) ?? true;
    }

    override disconnect(): void {
      super.disconnect();
      this.otherwise?.disconnect();
    }

    override async connect(emit: ErrorEmitter): Promise<NetStream> {
      if (isHeld()) {
        this.firstError = new RedisHeldError('Redis has not been proven to be usable yet');
        // ioredis gives a connection up for good when its connector throws; a stream that has ended makes it try again.
        return new NetSocket().destroy();
      }
      delete this.firstError;
      if (this.otherwise !== null) {
        const stream = await this.otherwise.connect(emit);
        if (this.otherwise.firstError !== undefined) this.firstError = this.otherwise.firstError;
        return stream;
      }
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
