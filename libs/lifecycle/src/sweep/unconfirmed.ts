import {
  Deadlines,
  type InstanceId,
  InstanceRecords,
  RecordSettings,
  StoreUnavailableError,
} from '@app/instance-store';
import {
  Clock,
  type HealthDetails,
  HealthIndicatorRegistry,
  MetricsRegistry,
  msFromTimestamp,
  type Timestamp,
  timestampFromMs,
} from '@app/platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';

/*
 * Stops and deletes that Novita has not confirmed: how many wait and for how long, as a metric and in the health answer.
 */

/** Stops and deletes that wait for the provider's agreement. */
export interface Waiting {
  /** Those that wait for longer than CONFIRM_PATIENCE. */
  readonly overdue: number;
  /** For how long the oldest has been waiting, in ms, overdue or not; 0 when none waits. */
  readonly oldestMs: number;
}

/** After every deadline there can be. */
const FOR_EVER: Timestamp = timestampFromMs(Date.UTC(9999, 11, 31));

/** Counts the stops and deletes that wait for the provider's agreement. */
@Injectable()
export class UnconfirmedCommands {
  constructor(
    private readonly records: InstanceRecords,
    private readonly deadlines: Deadlines,
    private readonly clock: Clock,
  ) {}

  /**
   * Costs the same at every fleet size.
   * @throws StoreUnavailableError
   */
  async read(): Promise<Waiting> {
    const oldest = await this.deadlines.due('confirmBy', FOR_EVER, 1);
    if (oldest.length === 0) return { overdue: 0, oldestMs: 0 };
    const [overdue, oldestMs] = await Promise.all([
      this.deadlines.dueCount('confirmBy', this.clock.timestamp()),
      this.ageOf(oldest),
    ]);
    return { overdue, oldestMs };
  }

  private async ageOf(oldest: readonly InstanceId[]): Promise<number> {
    const [first] = await this.records.getMany(oldest);
    // It may have been confirmed between the two reads.
    if (first === undefined || first.record.confirmedAt !== null) return 0;
    return Math.max(0, this.clock.now() - msFromTimestamp(first.record.desired.at));
  }
}

/** Stops and deletes that the provider has not confirmed, read when Prometheus asks; absent while the store is away. */
@Injectable()
export class UnconfirmedGauges implements OnModuleInit {
  constructor(
    private readonly waiting: UnconfirmedCommands,
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
            this.set(of(await waiting.read()));
          } catch (error) {
            // The other metrics are needed most when the store is away.
            if (!(error instanceof StoreUnavailableError)) throw error;
            this.remove();
          }
        },
      }),
    );
  }
}

/** A stop or delete that takes longer is billed for longer than anybody expects. */
const PATIENCE_MS = 15 * 60_000;

/** The health indicator: how many stops and deletes wait too long for the provider's agreement, and the age of the oldest. */
@Injectable()
export class UnconfirmedIndicator implements OnModuleInit {
  constructor(
    private readonly waiting: UnconfirmedCommands,
    private readonly registry: HealthIndicatorRegistry,
    private readonly settings: RecordSettings,
  ) {}

  onModuleInit(): void {
    this.registry.register({ name: 'unconfirmed', needed: false, check: () => this.details() });
  }

  private async details(): Promise<HealthDetails> {
    const { overdue, oldestMs } = await this.waiting.read();
    return {
      count: overdue,
      oldestAgeSeconds: Math.round(oldestMs / 1_000),
      confirmPatienceSeconds: this.settings.CONFIRM_PATIENCE / 1_000,
      ...(oldestMs > PATIENCE_MS
        ? { degraded: 'a stop or delete has been waiting for Novita for more than 15 minutes' }
        : {}),
    };
  }
}
