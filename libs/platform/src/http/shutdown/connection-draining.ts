import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Draining } from '../health/health.js';
import { fastifyOf } from '../server/platform-adapter.js';

/** How long a client may go on sending a request that it had begun before the port closed. */
const RECEIVE_GRACE_MS = 500;

interface Connection {
  /** Of the socket's `bytesRead`, how much belongs to requests that were answered. */
  answeredBytes: number;
  /** The request whose answer is not over; null between requests. */
  request: IncomingMessage | null;
}

/**
 * While the process drains, closes the connections on which no request is being handled. Node's `server.close()` waits
 * for every connection that was not idle at that moment, and counts one on which nothing was ever sent, or half a
 * request, as not idle.
 */
@Injectable()
export class ConnectionDraining implements OnModuleInit {
  private readonly connections = new Map<Socket, Connection>();
  private portClosed = false;
  private graceOver = false;

  constructor(
    private readonly adapters: HttpAdapterHost,
    private readonly draining: Draining,
  ) {}

  onModuleInit(): void {
    const server = fastifyOf(this.adapters);
    if (server === null) return;
    server.server.on('connection', (socket: Socket) => this.watch(socket));
    // Ahead of Fastify, which may answer within the event.
    server.server.prependListener('request', (request: IncomingMessage, response: ServerResponse) =>
      this.begin(request, response),
    );
    server.addHook('onRequest', (_request, reply, done) => {
      if (this.draining.isDraining) reply.header('Connection', 'close');
      done();
    });
    server.addHook('preClose', (done) => {
      this.portClosed = true;
      this.closeUnused();
      setTimeout(() => {
        this.graceOver = true;
        this.closeUnused();
      }, RECEIVE_GRACE_MS).unref();
      done();
    });
  }

  private watch(socket: Socket): void {
    this.connections.set(socket, { answeredBytes: 0, request: null });
    socket.once('close', () => this.connections.delete(socket));
    // It was accepted just before the port closed.
    if (this.portClosed) setImmediate(() => this.closeUnused());
  }

  private begin(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.connections.get(request.socket);
    if (connection === undefined) return;
    connection.request = request;
    response.once('close', () => {
      if (connection.request !== request) return;
      connection.request = null;
      connection.answeredBytes = request.socket.bytesRead;
      // Node still works on the connection in this turn of the event loop.
      if (this.portClosed) setImmediate(() => this.closeUnused());
    });
  }

  private closeUnused(): void {
    for (const [socket, connection] of this.connections) {
      if (this.isUnused(socket, connection)) socket.destroy();
    }
  }

  private isUnused(socket: Socket, { request, answeredBytes }: Connection): boolean {
    if (request !== null) return this.graceOver && !request.complete;
    return this.graceOver || socket.bytesRead === answeredBytes;
  }
}
