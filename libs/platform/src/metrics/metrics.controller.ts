import { Controller, Get, Header } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { MetricsRegistry } from './metrics-registry.js';

/**
 * What Prometheus reads. Not part of the platform module: an application lists it among its controllers where the
 * metrics should be served.
 */
@Controller('metrics')
export class MetricsController {
  constructor(private readonly registry: MetricsRegistry) {}

  @Get()
  @RouteConfig({ access: 'viewer' })
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  metrics(): Promise<string> {
    return this.registry.metrics();
  }
}
