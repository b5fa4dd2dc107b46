import { Deadlines, StoreUnavailableError } from '@app/instance-store';
import type { OverdueDeadline } from '@app/jobs';
import { Clock, MetricsRegistry, timestampFromMs } from '@app/platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { REPAIRED } from './deadline-sweeper.js';

/** A job that is on time, and the sweep that replaces a lost one, have done their work by then. */
const PATIENCE_MS = 2 * 60_000;

/** Deadlines that nobody meets, read when Prometheus asks; absent while the store is away. */
@Injectable()
export class OverdueDeadlineGauges implements OnModuleInit {
  constructor(
    private readonly deadlines: Deadlines,
    private readonly clock: Clock,
    private readonly registry: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    const counts = (): Promise<readonly (readonly [OverdueDeadline, number])[]> => this.counts();
    this.registry.fleet.registerMetric(
      new Gauge({
        name: 'novita_fleet_deadlines_overdue',
        help: 'Instances whose deadline passed more than two minutes ago and was not met, by deadline',
        labelNames: ['deadline'],
        registers: [],
        async collect() {
          this.reset();
          try {
            for (const [deadline, count] of await counts()) this.set({ deadline }, count);
          } catch (error) {
            // The other metrics are needed most when the store is away.
            if (!(error instanceof StoreUnavailableError)) throw error;
          }
        },
      }),
    );
  }

  private counts(): Promise<readonly (readonly [OverdueDeadline, number])[]> {
    const since = timestampFromMs(this.clock.now() - PATIENCE_MS);
    return Promise.all(
      REPAIRED.map(async ([kind, deadline]) => [deadline, await this.deadlines.dueCount(kind, since)] as const),
    );
  }
}
