import { Clock, MetricsRegistry, msFromTimestamp } from '@app/platform';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { Suspension } from '../options/auto-stop-options.js';
import { AutoStopStatsStore, type RecordedCheck } from '../stats/auto-stop-stats-store.js';

/** A reading is remembered for so long, so that one scrape reads once. */
const REMEMBERED_MS = 1_000;

/** How auto-stop stands, computed when Prometheus scrapes. */
@Injectable()
export class AutoStopGauges implements OnModuleInit {
  private readonly logger = new Logger(AutoStopGauges.name);
  private asked: { readonly at: number; readonly run: Promise<RecordedCheck | null> } | null = null;

  constructor(
    private readonly stats: AutoStopStatsStore,
    private readonly suspension: Suspension,
    private readonly clock: Clock,
    private readonly registry: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    const { clock } = this;
    const lastRun = (): Promise<RecordedCheck | null> => this.lastRun();
    const suspended = (): boolean => this.suspension.reason() !== null;
    this.registry.fleet.registerMetric(
      new Gauge({
        name: 'novita_fleet_auto_stop_suspended',
        help: 'Whether idle instances are not stopped because the data of the fleet is too old: 1 or 0',
        registers: [],
        collect() {
          this.set(suspended() ? 1 : 0);
        },
      }),
    );
    this.registry.fleet.registerMetric(
      new Gauge({
        name: 'novita_fleet_auto_stop_due',
        help: 'Instances whose idle deadline was due at the latest check; absent before the first',
        registers: [],
        async collect() {
          const run = await lastRun();
          if (run === null) this.remove();
          else this.set(run.checked);
        },
      }),
    );
    this.registry.fleet.registerMetric(
      new Gauge({
        name: 'novita_fleet_auto_stop_last_check_age_seconds',
        help: 'Time since the latest check for idle instances; absent before the first',
        registers: [],
        async collect() {
          const run = await lastRun();
          if (run === null) this.remove();
          else this.set(Math.max(0, clock.now() - msFromTimestamp(run.endedAt)) / 1_000);
        },
      }),
    );
  }

  private lastRun(): Promise<RecordedCheck | null> {
    const now = this.clock.now();
    if (this.asked === null || now - this.asked.at > REMEMBERED_MS) this.asked = { at: now, run: this.read() };
    return this.asked.run;
  }

  /** A scrape does not fail because Redis is away. */
  private async read(): Promise<RecordedCheck | null> {
    try {
      return (await this.stats.read()).lastRun;
    } catch (error) {
      this.logger.warn('the latest check cannot be read', { err: error });
      return null;
    }
  }
}
