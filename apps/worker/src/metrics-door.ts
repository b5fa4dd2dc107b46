import { type ApiKey, ApiKeyRing, bearerToken, PLATFORM_PROBLEMS, Problem, Settings } from '@app/platform';
import type { FactoryProvider, OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';

/** Asks for a key at /metrics, unless METRICS_PUBLIC says otherwise; health needs none. */
export class MetricsDoor implements OnModuleInit {
  constructor(
    private readonly adapters: HttpAdapterHost,
    private readonly ring: ApiKeyRing,
    private readonly isPublic: boolean,
  ) {}

  onModuleInit(): void {
    if (this.isPublic) return;
    this.adapters.httpAdapter.getInstance<FastifyInstance>().addHook('onRequest', (request, _reply, done) => {
      done(request.routeOptions.url === '/metrics' ? this.refusal(request.headers.authorization) : undefined);
    });
  }

  private refusal(authorization: string | undefined): Problem | undefined {
    const token = bearerToken(authorization);
    if (token !== null && this.ring.find(token) !== null) return undefined;
    return new Problem(PLATFORM_PROBLEMS.unauthorized, { detail: 'The metrics are shown to holders of an API key.' });
  }
}

export function metricsDoorProvider(keys: readonly ApiKey[]): FactoryProvider<MetricsDoor> {
  return {
    provide: MetricsDoor,
    inject: [HttpAdapterHost, Settings],
    useFactory: (adapters: HttpAdapterHost, settings: Settings) =>
      new MetricsDoor(adapters, new ApiKeyRing(keys), settings.METRICS_PUBLIC),
  };
}
