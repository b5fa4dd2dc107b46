import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RootLogger, requestContext } from '../../logging/root-logger.js';
import { fastifyOf } from './platform-adapter.js';
import { StreamedAnswers } from './streamed-answers.js';

const MAX_LENGTH = 500;
const SECRET_NAME = /key|token|secret|password|auth|signature|credential/i;

/** A request's target for the log: values of query parameters that may be secret are left out, and it is cut. */
export function loggedUrl(url: string): string {
  const mark = url.indexOf('?');
  if (mark === -1) return url.slice(0, MAX_LENGTH);
  const query = url
    .slice(mark + 1, mark + 1 + MAX_LENGTH)
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals !== -1 && SECRET_NAME.test(pair.slice(0, equals)) ? `${pair.slice(0, equals)}=[redacted]` : pair;
    });
  return `${url.slice(0, mark)}?${query.join('&')}`.slice(0, MAX_LENGTH);
}

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
    server.decorateRequest('traceId', null);
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
    const { id, method, url, keyName, traceId } = request;
    const level = isProbe(url) ? 'debug' : status >= 500 ? 'error' : 'info';
    if (!access.isEnabled(level)) return;
    // An id and a method hold no character that JSON escapes.
    let members = `"requestId":"${id}","method":"${method}","url":${JSON.stringify(loggedUrl(url))},"status":${status}`;
    members += `,"ms":${Math.round(ms * 10) / 10}`;
    if (keyName !== null) members += `,"keyName":${JSON.stringify(keyName)}`;
    if (traceId !== null) members += `,"traceId":"${traceId}"`;
    if (more !== undefined) members += `,"openMs":${more.openMs}`;
    access.write(level, members);
  }
}

function isProbe(url: string): boolean {
  return !url.startsWith('/api/') && PROBES.test(url);
}
