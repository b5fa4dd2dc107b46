import { Clock, type HealthDetails, HealthIndicatorRegistry, MetricsRegistry, msFromTimestamp } from '@app/platform';
import { RedisConnections, RedisSettings } from '@app/redis';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { CommandJournal, JournalUnavailableError } from './command-journal.js';

const WITHOUT_JOURNAL = 'stops, deletes, uses and leases would be refused while Redis is away';

/** Shows in health and metrics what the journal of this process holds, and from the start on whether it can be written. */
@Injectable()
export class JournalReport implements OnModuleInit {
  private readonly logger = new Logger('Journal');
  /** Why no command could be kept now; null when it could. */
  private trouble: string | null = null;

  constructor(
    private readonly journal: CommandJournal,
    private readonly clock: Clock,
    private readonly registry: MetricsRegistry,
    private readonly health: HealthIndicatorRegistry,
    private readonly settings: RedisSettings,
    /** Null: the store is in this process, and never away. */
    @Inject(RedisConnections) private readonly connections: RedisConnections | null,
  ) {}

  async onModuleInit(): Promise<void> {
    this.gauge('novita_fleet_journal_entries', 'Commands in the journal of this process, not in Redis yet', () => {
      return this.journal.size;
    });
    this.gauge(
      'novita_fleet_journal_oldest_age_seconds',
      'Age of the oldest command in the journal; 0 for none',
      () => {
        return this.oldestAgeMs() / 1_000;
      },
    );
    this.health.register({
      name: 'journal',
      needed: false,
      check: () => this.details(),
    });
    await this.proveFolder();
    if (this.trouble !== null) this.logger.warn(`${this.trouble}; ${WITHOUT_JOURNAL}`);
  }

  private async details(): Promise<HealthDetails> {
    if (this.trouble !== null) await this.proveFolder();
    return {
      entries: this.journal.size,
      ...(this.journal.size > 0 && { oldestAgeSeconds: Math.round(this.oldestAgeMs() / 1_000) }),
      ...(this.trouble !== null && { degraded: `${this.trouble}; ${WITHOUT_JOURNAL}` }),
    };
  }

  /** A folder that cannot be used is better found now than by the first stop without Redis. */
  private async proveFolder(): Promise<void> {
    this.trouble = null;
    if (this.connections === null || !this.settings.REDIS_ENABLE_FALLBACK) return;
    try {
      await this.journal.prove();
    } catch (error) {
      if (!(error instanceof JournalUnavailableError)) throw error;
      this.trouble = error.message;
    }
  }

  private oldestAgeMs(): number {
    const { oldestAt } = this.journal;
    return oldestAt === null ? 0 : Math.max(0, this.clock.now() - msFromTimestamp(oldestAt));
  }

  private gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [this.registry],
      collect: (): void => gauge.set(read()),
    });
  }
}
