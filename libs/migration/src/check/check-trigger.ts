import { JobQueue, JobSchedules, MIGRATION_CHECK, noWorker, WorkerPresence } from '@app/jobs';
import { IdGenerator, Problem } from '@app/platform';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { migrationProblems } from '../migration.problems.js';
import { MigrationOptions } from '../migration-options.js';
import type { MigrationCheckReport } from '../stats/check-report.js';
import { MigrationCheck } from './migration-check.js';

/** How a check begins: on its schedule, or because somebody asks for it. */

export const CHECK_SCHEDULE = 'migration';

/** Has the check run once in every interval, however many workers there are. */
@Injectable()
export class CheckSchedule implements OnModuleInit {
  constructor(
    private readonly schedules: JobSchedules,
    private readonly options: MigrationOptions,
  ) {}

  onModuleInit(): void {
    const { enabled, intervalMs } = this.options;
    const payload = { trigger: 'schedule', checkId: '' } as const;
    this.schedules.add({ key: CHECK_SCHEDULE, job: MIGRATION_CHECK, payload, everyMs: enabled ? intervalMs : null });
  }
}

/** A dry run reads Novita's list of instances that are down; a person waits for it. */
const DRY_RUN_MS = 20_000;

export type TriggeredCheck =
  | { readonly kind: 'report'; readonly report: MigrationCheckReport }
  | { readonly kind: 'begun'; readonly checkId: string };

/** Begins the check that a caller asks for. */
@Injectable()
export class CheckTrigger {
  private readonly logger = new Logger(CheckTrigger.name);

  constructor(
    private readonly check: MigrationCheck,
    private readonly queue: JobQueue,
    private readonly workers: WorkerPresence,
    private readonly ids: IdGenerator,
    private readonly options: MigrationOptions,
  ) {}

  /**
   * A dry run answers its report; a real check is begun by a worker.
   * @throws Problem `migration-disabled`, `no-worker`; NovitaError, QueueUnavailableError, StoreUnavailableError
   */
  async trigger(
    { dryRun }: { readonly dryRun: boolean },
    { keyName }: { readonly keyName: string },
  ): Promise<TriggeredCheck> {
    const checkId = this.ids.ulid();
    if (dryRun) {
      const signal = AbortSignal.timeout(DRY_RUN_MS);
      return { kind: 'report', report: await this.check.run({ trigger: 'manual', checkId, dryRun, signal }) };
    }
    if (!this.options.enabled)
      throw new Problem(migrationProblems['migration-disabled'], {
        detail: 'MIGRATION_ENABLED is false in this installation.',
      });
    if (!(await this.workers.isAnyAlive(MIGRATION_CHECK.queue))) throw noWorker('the check');
    await this.queue.enqueue(MIGRATION_CHECK, { trigger: 'manual', checkId });
    this.logger.log('a check for reclaimed spot instances was asked for', { checkId, by: keyName });
    return { kind: 'begun', checkId };
  }
}
