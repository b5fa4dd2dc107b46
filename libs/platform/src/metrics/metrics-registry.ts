import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';

/** Gauges of prom-client that are named like counters; the same figures are there by type, without the suffix. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Every metric of this process; give it as `registers: [registry]` to what you measure. */
@Injectable()
export class MetricsRegistry extends Registry implements OnApplicationShutdown {
  private measuresProcess = false;

  /** The text for Prometheus. Memory, event loop and garbage collection are measured from the first time on. */
  override async metrics(): Promise<string> {
    if (!this.measuresProcess) {
      this.measuresProcess = true;
      collectDefaultMetrics({ register: this });
      for (const name of MISNAMED) this.removeSingleMetric(name);
    }
    return super.metrics();
  }

  onApplicationShutdown(): void {
    this.clear();
  }
}
