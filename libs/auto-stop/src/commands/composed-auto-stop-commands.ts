import {
  IdleTracker,
  type InstanceId,
  InstanceRecords,
  type NovitaInstanceId,
  type StoredInstance,
} from '@app/instance-store';
import { AUTO_STOP_CHECK, JobQueue, jobProblems, WorkerPresence } from '@app/jobs';
import { Clock, IdGenerator, Problem } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { AutoStopOptions, pictureAge } from '../auto-stop-options.js';
import { AutoStopCheck } from '../check/auto-stop-check.js';
import {
  AutoStopCommands,
  type AutoStopStanding,
  type AutoStopStats,
  type LeaseRequest,
} from '../check/auto-stop-commands.port.js';
import { FleetPicture } from '../check/fleet-picture.port.js';
import { evaluate } from '../policy/evaluate.js';
import type { IdleEvaluation } from '../policy/evaluation.js';
import { ReadStats } from '../stats/read-stats.js';
import { Leases, notFound } from './leases.js';

type InstanceRef = InstanceId | NovitaInstanceId;
interface Caller {
  readonly keyName: string;
}

/** A dry run takes milliseconds; past this Redis is in trouble. */
const DRY_RUN_MS = 20_000;
/** A worker that was just started has announced itself by then. */
const NO_WORKER_RETRY_SECONDS = 10;

@Injectable()
export class ComposedAutoStopCommands extends AutoStopCommands {
  private readonly logger = new Logger(ComposedAutoStopCommands.name);

  constructor(
    private readonly records: InstanceRecords,
    private readonly idle: IdleTracker,
    private readonly leases: Leases,
    private readonly check: AutoStopCheck,
    private readonly figures: ReadStats,
    private readonly fleet: FleetPicture,
    private readonly queue: JobQueue,
    private readonly workers: WorkerPresence,
    private readonly ids: IdGenerator,
    private readonly clock: Clock,
    private readonly options: AutoStopOptions,
  ) {
    super();
  }

  override async lease(ref: InstanceRef, lease: LeaseRequest, { keyName }: Caller): Promise<StoredInstance> {
    return this.leases.give(ref, lease, keyName);
  }

  override async endLease(ref: InstanceRef, { keyName }: Caller): Promise<StoredInstance> {
    return this.leases.end(ref, keyName);
  }

  override async explain(ref: InstanceRef): Promise<{ stored: StoredInstance; evaluation: IdleEvaluation }> {
    const stored = await this.records.get(ref);
    if (stored === null) throw notFound(ref);
    const { record, lastUsedAt } = stored;
    const lastUsedBy = lastUsedAt === null ? null : await this.idle.lastUsedBy(record.id);
    const picture = pictureAge(this.fleet, this.options);
    const signals = { lastUsedAt, lastUsedBy };
    return { stored, evaluation: evaluate(record, signals, this.options.rules, picture, this.clock.now()) };
  }

  /** @throws Problem `no-worker`, QueueUnavailableError, StoreUnavailableError */
  override async trigger(
    { dryRun }: { readonly dryRun: boolean },
    { keyName }: Caller,
  ): ReturnType<AutoStopCommands['trigger']> {
    const checkId = this.ids.ulid();
    if (dryRun) {
      const signal = AbortSignal.timeout(DRY_RUN_MS);
      return { kind: 'report', report: await this.check.run({ trigger: 'manual', checkId, dryRun, signal }) };
    }
    if (!(await this.workers.isAnyAlive('auto-stop'))) {
      throw new Problem(jobProblems['no-worker'], {
        detail: 'No worker process is alive to carry out the check.',
        retryAfterSeconds: NO_WORKER_RETRY_SECONDS,
      });
    }
    await this.queue.enqueue(AUTO_STOP_CHECK, { trigger: 'manual', checkId });
    this.logger.log('a check for idle instances was asked for', { checkId, by: keyName });
    return { kind: 'begun', checkId };
  }

  override async stats(): Promise<AutoStopStats> {
    return this.figures.read();
  }

  override standing(): AutoStopStanding {
    return this.figures.standing();
  }
}
