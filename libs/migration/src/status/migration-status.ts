import { Deadlines } from '@app/instance-store';
import { JobQueue, MIGRATION_CHECK } from '@app/jobs';
import { MetricsRegistry, type Timestamp, timestampFromMs } from '@app/platform';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { CHECK_SCHEDULE } from '../check/check-trigger.js';
import { MigrationOptions } from '../migration-options.js';
import { MigrationStatsStore, type RecordedStats } from '../stats/migration-stats-store.js';

export interface MigrationStanding extends RecordedStats, MigrationOptions {
  /** Null when no job exists that would begin the next check. */
  readonly nextRun: Timestamp | null;
  /** Migrations under way in the whole fleet. */
  readonly inFlight: number;
}

/** Every deadline that there is. */
const LATEST = timestampFromMs(Date.UTC(9999, 0, 1));

/** How migration stands: settings, checks, and what is under way. */
@Injectable()
export class MigrationStatus {
  constructor(
    private readonly stats: MigrationStatsStore,
    private readonly deadlines: Deadlines,
    private readonly queue: JobQueue,
    private readonly options: MigrationOptions,
  ) {}

  /** @throws StoreUnavailableError, QueueUnavailableError */
  async read(): Promise<MigrationStanding> {
    const [recorded, inFlight, nextRun] = await Promise.all([
      this.stats.read(),
      this.inFlight(),
      this.queue.nextRunOf(CHECK_SCHEDULE, MIGRATION_CHECK),
    ]);
    const { enabled, intervalMs, fallback, timeoutMs } = this.options;
    return { ...recorded, enabled, intervalMs, fallback, timeoutMs, inFlight, nextRun };
  }

  /** Each open migration has a deadline, so the store counts them. @throws StoreUnavailableError */
  inFlight(): Promise<number> {
    return this.deadlines.dueCount('migrateBy', LATEST);
  }
}

/** Migrations under way, computed when Prometheus scrapes; shown by one process of the fleet. */
@Injectable()
export class MigrationGauges implements OnModuleInit {
  private readonly logger = new Logger(MigrationGauges.name);

  constructor(
    private readonly status: MigrationStatus,
    private readonly registry: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    const read = (): Promise<number | null> => this.read();
    this.registry.fleet.registerMetric(
      new Gauge({
        name: 'novita_fleet_migrations_in_flight',
        help: 'Migrations of reclaimed spot instances under way in the whole fleet',
        registers: [],
        async collect() {
          const count = await read();
          if (count === null) this.remove();
          else this.set(count);
        },
      }),
    );
  }

  /** A scrape does not fail because Redis is away. */
  private async read(): Promise<number | null> {
    try {
      return await this.status.inFlight();
    } catch (error) {
      this.logger.warn('the migrations under way cannot be counted', { err: error });
      return null;
    }
  }
}
