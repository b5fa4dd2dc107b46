import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Histogram } from 'prom-client';
import { fastifyOf } from '../server/platform-adapter.js';
import { StreamedAnswers } from '../server/streamed-answers.js';
import { MetricsRegistry } from './metrics-registry.js';

const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

type Observe = (seconds: number) => void;

/** How long requests take, by method, route pattern and class of status: few series whatever clients send. */
@Injectable()
export class HttpMetrics implements OnModuleInit {
  private readonly histogram: Histogram<'method' | 'route' | 'status'>;
  private readonly observers = new Map<string, Observe>();

  constructor(
    private readonly adapters: HttpAdapterHost,
    private readonly streams: StreamedAnswers,
    registry: MetricsRegistry,
  ) {
    this.histogram = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the arrival of a request to the end of its answer; of a stream, to its beginning',
      labelNames: ['method', 'route', 'status'],
      buckets: BUCKETS_SECONDS,
      registers: [registry],
    });
  }

  onModuleInit(): void {
    fastifyOf(this.adapters)?.addHook('onResponse', (request, reply, done) => {
      if (!request.isStreamed) this.recordAnswer(request, reply.statusCode, reply.elapsedTime);
      done();
    });
    this.streams.observe(({ request, statusCode, begunAfterMs }) =>
      this.recordAnswer(request, statusCode, begunAfterMs),
    );
  }

  private recordAnswer(request: FastifyRequest, statusCode: number, ms: number): void {
    this.record(request.method, request.routeOptions.url ?? 'none', statusCode, ms / 1_000);
  }

  /** @param route the pattern (`/instances/:id`), never the address itself */
  record(method: string, route: string, statusCode: number, seconds: number): void {
    const status = STATUS_CLASSES[Math.floor(statusCode / 100) - 1] ?? '5xx';
    const series = `${method} ${route} ${status}`;
    let observe = this.observers.get(series);
    if (observe === undefined) {
      const child = this.histogram.labels({ method, route, status });
      observe = (value) => child.observe(value);
      this.observers.set(series, observe);
    }
    observe(seconds);
  }
}
