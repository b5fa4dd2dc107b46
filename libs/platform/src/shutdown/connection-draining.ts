import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Draining } from '../health/draining.js';
import { fastifyOf } from '../http/fastify-of.js';

/**
 * While the process drains, lets go of kept-alive connections: Node's `server.close()` closes those that are idle at
 * that moment, but waits for one that becomes idle later until its keep-alive time is over.
 */
@Injectable()
export class ConnectionDraining implements OnModuleInit {
  constructor(
    private readonly adapters: HttpAdapterHost,
    private readonly draining: Draining,
  ) {}

  onModuleInit(): void {
    const server = fastifyOf(this.adapters);
    if (server === null) return;
    server.addHook('onRequest', (_request, reply, done) => {
      if (this.draining.isDraining) reply.header('Connection', 'close');
      done();
    });
    server.addHook('onResponse', (_request, _reply, done) => {
      // The connection counts as idle only after this turn of the event loop.
      if (this.draining.isDraining) setImmediate(() => server.server.closeIdleConnections());
      done();
    });
  }
}
