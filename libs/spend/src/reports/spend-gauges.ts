import { FleetFreshness, type SpendReading, StoreUnavailableError } from '@app/instance-store';
import { Clock, MetricsRegistry } from '@app/platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import type { IdleCost } from '../idle/idle-cost.js';
import { IdleCostStore } from '../idle/idle-cost-store.js';
import { SpendOptions } from '../limits/spend-options.js';
import { SpendReadings } from './spend-reports.js';
import { spendUpTo } from './spend-up-to.js';

/** Gauges of the fleet's cost, read when Prometheus asks; absent while the store is away and until a listing has completed. */
@Injectable()
export class SpendGauges implements OnModuleInit {
  constructor(
    private readonly readings: SpendReadings,
    private readonly idleCosts: IdleCostStore,
    private readonly fleet: FleetFreshness,
    private readonly clock: Clock,
    private readonly options: SpendOptions,
    private readonly registry: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    this.addRates();
    this.addIdle();
    this.addSum(
      'novita_fleet_billed_though_stopped_usd_per_hour',
      'USD per hour of what is stopped and paid by the month; part of novita_fleet_usd_per_hour',
      (reading) => reading.now.byStatus.stopped ?? 0,
    );
    this.addSum(
      'novita_fleet_spend_today_usd',
      'USD accrued since the beginning of this day of UTC',
      (reading) => spendUpTo(reading, this.clock.now()).accruedTodayUsd,
    );
    this.addSum(
      'novita_fleet_saved_today_usd',
      'USD not billed since the beginning of this day of UTC because auto-stop had stopped instances',
      (reading) => spendUpTo(reading, this.clock.now()).savedTodayUsd,
    );
    const { dailyLimitUsd } = this.options;
    if (dailyLimitUsd === null) return;
    this.addSum(
      'novita_fleet_spend_limit_ratio',
      'What this day of UTC has cost up to now, in parts of SPEND_DAILY_LIMIT_USD',
      (reading) => spendUpTo(reading, this.clock.now()).todayUsd / dailyLimitUsd,
    );
  }

  private addRates(): void {
    const latest = (): Promise<SpendReading | null> => this.latest();
    this.registry.fleet.registerMetric(
      new Gauge({
        name: 'novita_fleet_usd_per_hour',
        help: 'USD per hour of all that may be billed, by status',
        labelNames: ['status'],
        registers: [],
        async collect() {
          const reading = await latest();
          this.reset();
          for (const [status, usd] of Object.entries(reading?.now.byStatus ?? {})) this.set({ status }, usd);
        },
      }),
    );
  }

  private addIdle(): void {
    const idle = (): Promise<IdleCost | null> => this.known(() => this.idleCosts.latest());
    this.registry.fleet.registerMetric(
      new Gauge({
        name: 'novita_fleet_idle_usd_per_hour',
        help: 'USD per hour of what runs and is not in use, by why it is not stopped, as last measured',
        labelNames: ['reason'],
        registers: [],
        async collect() {
          const measured = await idle();
          this.reset();
          for (const [reason, { usdPerHour }] of Object.entries(measured?.byReason ?? {}))
            this.set({ reason }, usdPerHour);
        },
      }),
    );
  }

  private addSum(name: string, help: string, of: (reading: SpendReading) => number): void {
    const latest = (): Promise<SpendReading | null> => this.latest();
    this.registry.fleet.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        async collect() {
          const reading = await latest();
          if (reading === null) this.remove();
          else this.set(of(reading));
        },
      }),
    );
  }

  /** The other metrics are wanted most when the store is away. */
  private latest(): Promise<SpendReading | null> {
    return this.known(() => this.readings.latest());
  }

  private async known<Read>(read: () => Promise<Read | null>): Promise<Read | null> {
    if (this.fleet.instancesAsOf() === null) return null;
    try {
      return await read();
    } catch (error) {
      if (error instanceof StoreUnavailableError) return null;
      throw error;
    }
  }
}
