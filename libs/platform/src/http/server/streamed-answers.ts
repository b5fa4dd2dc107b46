import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { endSpanOf } from '../../tracing/http-spans.js';
import { fastifyOf } from './platform-adapter.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether the answer is a stream, whose end says nothing about how long the request took. */
    isStreamed: boolean;
  }
}

export interface StreamedAnswer {
  readonly request: FastifyRequest;
  readonly statusCode: number;
  /** From the arrival of the request until the stream began. */
  readonly begunAfterMs: number;
  /** From then until it was over, whoever ended it. */
  readonly openMs: number;
}

/**
 * Answers that stay open for as long as somebody listens. Fastify reports the end of an answer only when the server
 * ends it, and then counts all the time until there; a stream is mostly ended by its reader, hours later. So they are
 * reported here, with the time that they took to begin.
 */
@Injectable()
export class StreamedAnswers implements OnModuleInit {
  private readonly observers: ((answer: StreamedAnswer) => void)[] = [];

  constructor(private readonly adapters: HttpAdapterHost) {}

  onModuleInit(): void {
    fastifyOf(this.adapters)?.decorateRequest('isStreamed', false);
  }

  /** For the log and the metrics: called once for each stream, when it is over. */
  observe(observer: (answer: StreamedAnswer) => void): void {
    this.observers.push(observer);
  }

  /** To be called when the head of the answer has been sent. */
  begun(request: FastifyRequest, reply: FastifyReply): void {
    const { statusCode, elapsedTime: begunAfterMs } = reply;
    request.isStreamed = true;
    endSpanOf(request, statusCode);
    reply.raw.once('close', () => {
      const openMs = reply.elapsedTime - begunAfterMs;
      for (const observer of this.observers) observer({ request, statusCode, begunAfterMs, openMs });
    });
  }
}
