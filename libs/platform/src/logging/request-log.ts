import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { fastifyOf } from '../http/fastify-of.js';
import { StreamedAnswers } from '../http/streamed-answers.js';
import { loggedUrl } from './logged-url.js';
import { requestContext } from './request-context.js';
import { RootLogger } from './root-logger.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Name of the API key that the request came with; set by whoever checks it, read by the log. */
    keyName: string | null;
  }
}

const PROBES = /^\/(?:health|metrics)(?:[/?]|$)/;

/** Gives every request its id, in the answer and in all that is logged on its behalf, and writes one line for it. */
@Injectable()
export class RequestLog implements OnModuleInit {
  constructor(
    private readonly adapters: HttpAdapterHost,
    private readonly root: RootLogger,
    private readonly streams: StreamedAnswers,
  ) {}

  onModuleInit(): void {
    const server = fastifyOf(this.adapters);
    if (server !== null) this.install(server);
    this.streams.observe(({ request, statusCode, begunAfterMs, openMs }) =>
      this.write(request, statusCode, begunAfterMs, { openMs: Math.round(openMs) }),
    );
  }

  private install(server: FastifyInstance): void {
    server.decorateRequest('keyName', null);
    server.addHook('onRequest', (request, reply, done) => {
      reply.header('X-Request-Id', request.id);
      done();
    });
    // In the last hook before the handler: reading a body leaves the context of the earlier ones.
    server.addHook('preHandler', (request, _reply, done) => requestContext.run(request.id, done));
    server.addHook('onResponse', (request, reply, done) => {
      if (!request.isStreamed) this.write(request, reply.statusCode, reply.elapsedTime);
      done();
    });
  }

  private write(request: FastifyRequest, status: number, ms: number, more?: { readonly openMs: number }): void {
    const { access } = this.root;
    const level = PROBES.test(request.url) ? 'debug' : status >= 500 ? 'error' : 'info';
    if (!access.isLevelEnabled(level)) return;
    access[level]({
      requestId: request.id,
      method: request.method,
      url: loggedUrl(request.url),
      status,
      ms: Math.round(ms * 10) / 10,
      ...(request.keyName === null ? {} : { keyName: request.keyName }),
      ...more,
    });
  }
}
