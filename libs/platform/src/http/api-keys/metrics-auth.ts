import { type FactoryProvider, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { HttpSettings } from '../http.settings.js';
import { PLATFORM_PROBLEMS } from '../problems/platform-problems.js';
import { Problem } from '../problems/problem.js';
import { ApiKeyRing, bearerToken } from './api-key-ring.js';

/** Asks for a key at /metrics, unless METRICS_PUBLIC says otherwise; health needs none. For processes without routes of the API. */
@Injectable()
export class MetricsAuth implements OnModuleInit {
  constructor(
    private readonly adapters: HttpAdapterHost,
    private readonly ring: ApiKeyRing,
    private readonly isPublic: boolean,
  ) {}

  onModuleInit(): void {
    if (this.isPublic) return;
    this.adapters.httpAdapter.getInstance<FastifyInstance>().addHook('onRequest', (request, _reply, done) => {
      done(request.routeOptions.url === '/metrics' ? this.rejection(request.headers.authorization) : undefined);
    });
  }

  private rejection(authorization: string | undefined): Problem | undefined {
    const token = bearerToken(authorization);
    if (token !== null && this.ring.find(token).kind === 'known') return undefined;
    return new Problem(PLATFORM_PROBLEMS.unauthorized, { detail: 'The metrics are shown to holders of an API key.' });
  }
}

/** Needs the ring of the keys that open the metrics. */
export const metricsAuth: FactoryProvider<MetricsAuth> = {
  provide: MetricsAuth,
  inject: [HttpAdapterHost, ApiKeyRing, HttpSettings],
  useFactory: (adapters: HttpAdapterHost, ring: ApiKeyRing, settings: HttpSettings) =>
    new MetricsAuth(adapters, ring, settings.METRICS_PUBLIC),
};
