import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';

/** Every metric of this process; give it as `registers: [registry]` to what you measure. */
@Injectable()
export class MetricsRegistry extends Registry implements OnApplicationShutdown {
  private measuresProcess = false;

  /** The text for Prometheus. Memory, event loop and garbage collection are measured from the first time on. */
  override async metrics(): Promise<string> {
    if (!this.measuresProcess) {
      this.measuresProcess = true;
      collectDefaultMetrics({ register: this });
    }
    return super.metrics();
  }

  onApplicationShutdown(): void {
    this.clear();
  }
}
