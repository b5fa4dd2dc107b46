import { AUTO_STOP_CHECK, JobQueue, JobSchedules, noWorker, WorkerPresence } from '@app/jobs';
import { IdGenerator } from '@app/platform';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { AutoStopOptions } from '../options/auto-stop-options.js';
import type { CheckReport } from '../stats/check-report.js';
import { AutoStopCheck } from './auto-stop-check.js';

/** How a check begins: on its schedule, or because somebody asks for it. */

export const CHECK_SCHEDULE = 'auto-stop';
/** The key under which a scheduled check waits or runs. */
export const CHECK_JOB_KEY = AUTO_STOP_CHECK.coalescingKey({ trigger: 'schedule', checkId: '' });

/** Has the check run once in every interval, however many workers there are. */
@Injectable()
export class CheckSchedule implements OnModuleInit {
  constructor(
    private readonly schedules: JobSchedules,
    private readonly options: AutoStopOptions,
  ) {}

  onModuleInit(): void {
    const { rules, intervalMs } = this.options;
    const payload = { trigger: 'schedule', checkId: '' } as const;
    const everyMs = rules.enabled ? intervalMs : null;
    this.schedules.add({ key: CHECK_SCHEDULE, job: AUTO_STOP_CHECK, payload, everyMs });
  }
}

/** A dry run takes milliseconds; past this Redis is in trouble. */
const DRY_RUN_MS = 20_000;

export type TriggeredCheck =
  | { readonly kind: 'report'; readonly report: CheckReport }
  | { readonly kind: 'begun'; readonly checkId: string };

/** Begins the check that a caller asks for. */
@Injectable()
export class CheckTrigger {
  private readonly logger = new Logger(CheckTrigger.name);

  constructor(
    private readonly check: AutoStopCheck,
    private readonly queue: JobQueue,
    private readonly workers: WorkerPresence,
    private readonly ids: IdGenerator,
  ) {}

  /**
   * A dry run answers its report; a real check is begun by a worker.
   * @throws Problem `no-worker`, QueueUnavailableError, StoreUnavailableError
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
    if (!(await this.workers.isAnyAlive(AUTO_STOP_CHECK.queue))) throw noWorker('the check');
    await this.queue.enqueue(AUTO_STOP_CHECK, { trigger: 'manual', checkId });
    this.logger.log('a check for idle instances was asked for', { checkId, by: keyName });
    return { kind: 'begun', checkId };
  }
}
