import { DegradedMode } from '@app/instance-store';
import { Clock, Settings } from '@app/platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { IdempotencyHooks } from '../idempotency/idempotency.hooks.js';
import { describeDocsRoute } from '../openapi/serve-docs.js';
import { describeBoardRoute } from '../queues/serve-queue-board.js';
import { Admission } from '../security/admission.js';
import { encodeAnswers } from './answer-encoding.js';
import { ApiHeaders } from './api-headers.js';
import { addRequestHooks } from './request.hooks.js';

/** Puts the hooks of this application on its server. */
@Injectable()
export class HttpSurface implements OnModuleInit {
  constructor(
    private readonly adapters: HttpAdapterHost,
    private readonly admission: Admission,
    private readonly idempotency: IdempotencyHooks,
    private readonly settings: Settings,
    private readonly clock: Clock,
    private readonly apiHeaders: ApiHeaders,
    private readonly degraded: DegradedMode,
  ) {}

  /** To be called before the routes are made, which Nest does before `onModuleInit`. */
  prepareRoutes(server: FastifyInstance): void {
    server.decorateRequest('caller', null);
    server.decorateRequest('idempotencyClaim', null);
    server.addHook('onRoute', (route) => {
      describeDocsRoute(route);
      describeBoardRoute(route, server);
      this.openPublicly(route);
      this.idempotency.attachTo(route);
      encodeAnswers(route);
    });
  }

  /** After the platform's own hooks, so that a refusal carries its request id and is logged and measured. */
  onModuleInit(): void {
    addRequestHooks(this.adapters.httpAdapter.getInstance<FastifyInstance>(), {
      admission: this.admission,
      clock: this.clock,
      apiHeaders: this.apiHeaders,
      isDegraded: () => this.degraded.isOn,
    });
  }

  private openPublicly(route: RouteOptions): void {
    const isMetrics = route.url === '/metrics' && this.settings.METRICS_PUBLIC;
    // Of the CORS plugin, for any address: it answers as if it were not there, so that no key is asked for.
    const isPreflightRoute = route.method === 'OPTIONS' && route.url.endsWith('*');
    if (isMetrics || isPreflightRoute) route.config = { ...route.config, access: 'public' };
  }
}
