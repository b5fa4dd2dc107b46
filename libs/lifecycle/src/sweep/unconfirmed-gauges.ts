import { StoreUnavailableError } from '@app/instance-store';
import { MetricsRegistry } from '@app/platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { type Waiting, WaitingWishes } from './waiting-wishes.js';

/** Stops and deletes that the provider has not confirmed, read when Prometheus asks; absent while the store is away. */
@Injectable()
export class UnconfirmedGauges implements OnModuleInit {
  constructor(
    private readonly waiting: WaitingWishes,
    private readonly registry: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    this.add(
      'novita_fleet_unconfirmed_wish_age_seconds',
      'Age of the oldest stop or delete that the provider has not confirmed',
      ({ oldestMs }) => oldestMs / 1_000,
    );
    this.add(
      'novita_fleet_unconfirmed_wishes',
      'Stops and deletes that the provider has not confirmed for longer than CONFIRM_PATIENCE',
      ({ overdue }) => overdue,
    );
  }

  private add(name: string, help: string, of: (waiting: Waiting) => number): void {
    const { waiting } = this;
    this.registry.fleet.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        async collect() {
          try {
            this.set(of(await waiting.look()));
          } catch (error) {
            // The other metrics are wanted most when the store is away.
            if (!(error instanceof StoreUnavailableError)) throw error;
            this.remove();
          }
        },
      }),
    );
  }
}
