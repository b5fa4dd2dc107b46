import { Controller, Get, Header, Inject, Injectable, type OnApplicationShutdown, Optional } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';

/** Gauges of prom-client that are named like counters; the same figures are there by type, without the suffix. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** A comment to Prometheus. */
const SHOWN_ELSEWHERE = '# what is the same in every process is shown by another one at present\n';

/** Which process shows the metrics of the whole fleet, so that a sum over processes counts them once. */
export abstract class MetricsTurn {
  abstract isMine(): Promise<boolean>;
}

/** Every metric of this process; give it as `registers: [registry]` to what you measure. */
@Injectable()
export class MetricsRegistry extends Registry implements OnApplicationShutdown {
  /** For what is the same in every process: one process at a time shows it. */
  readonly fleet = new Registry();
  private measuresProcess = false;

  /** @param turn null: this process shows what is in `fleet` at any time */
  constructor(@Optional() @Inject(MetricsTurn) private readonly turn: MetricsTurn | null = null) {
    super();
  }

  /** The text for Prometheus. Memory, event loop and garbage collection are measured from the first time on. */
  override async metrics(): Promise<string> {
    if (!this.measuresProcess) {
      this.measuresProcess = true;
      collectDefaultMetrics({ register: this });
      for (const name of MISNAMED) this.removeSingleMetric(name);
    }
    const [own, isMine] = await Promise.all([super.metrics(), this.turn?.isMine() ?? true]);
    return own + (isMine ? await this.fleet.metrics() : SHOWN_ELSEWHERE);
  }

  onApplicationShutdown(): void {
    this.clear();
    this.fleet.clear();
  }
}

/**
 * The route that Prometheus reads. Not part of the platform module: an application lists it among its controllers where the
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
