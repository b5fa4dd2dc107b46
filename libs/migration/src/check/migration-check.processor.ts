import type { JobContext, JobHandler, MigrationCheckPayload } from '@app/jobs';
import { IdGenerator, MetricsRegistry } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { Counter } from 'prom-client';
import { MigrationOptions } from '../migration-options.js';
import { MigrationStatsStore } from '../stats/migration-stats-store.js';
import { MigrationCheck } from './migration-check.js';

/** The job of a check: where a worker begins. It leaves statistics for all processes, metrics of this one, a log line. */
@Injectable()
export class MigrationCheckProcessor implements JobHandler<MigrationCheckPayload> {
  private readonly logger = new Logger('MigrationCheck');
  private readonly checks: Counter<'outcome'>;

  constructor(
    private readonly check: MigrationCheck,
    private readonly stats: MigrationStatsStore,
    private readonly ids: IdGenerator,
    private readonly options: MigrationOptions,
    registry: MetricsRegistry,
  ) {
    this.checks = new Counter({
      name: 'novita_fleet_migration_checks_total',
      help: 'Checks for reclaimed spot instances by outcome',
      labelNames: ['outcome'],
      registers: [registry],
    });
    // An alert on an increase needs the 0 before the first one.
    for (const outcome of ['completed', 'failed']) this.checks.inc({ outcome }, 0);
  }

  async handle({ trigger, checkId }: MigrationCheckPayload, { signal }: JobContext): Promise<void> {
    // A schedule of an older setting may outlive it for a moment.
    if (!this.options.enabled) return;
    try {
      const order = { trigger, checkId: checkId === '' ? this.ids.ulid() : checkId, dryRun: false, signal };
      const { verdicts: _, ...run } = await this.check.run(order);
      await this.stats.record(run);
      this.checks.inc({ outcome: 'completed' });
      if (run.checked > 0) this.logger.log('check for reclaimed spot instances', run);
    } catch (error) {
      this.checks.inc({ outcome: 'failed' });
      throw error;
    }
  }
}
