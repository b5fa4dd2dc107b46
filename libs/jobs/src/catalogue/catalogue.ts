import { IsBoolean, IsIn, IsInt, IsString, Matches, Min } from 'class-validator';
import type { JobDeclaration, QueueName } from './job.js';

/*
 * Every kind of job, and how the jobs of each queue are run. A new job: its payload, its declaration, its entry in `JOBS`, and
 * the class that runs it, in `JOB_HANDLERS` of the worker.
 */

export class ReconcilePayload {
  [key: string]: string;

  @IsString()
  @Matches(/^ins_[0-9A-HJKMNP-TV-Z]{26}$/)
  instanceId!: string;
}

/** Brings one instance a step nearer to its desired state. */
export const RECONCILE_INSTANCE: JobDeclaration<'RECONCILE_INSTANCE', ReconcilePayload> = {
  name: 'RECONCILE_INSTANCE',
  purpose: {
    does: 'brings one instance a step nearer to its desired state',
    oneJobPer: 'per instance',
  },
  queue: 'lifecycle',
  payload: ReconcilePayload,
  attempts: 5,
  backoff: { firstDelayMs: 1_000, maxDelayMs: 30_000 },
  ranked: true,
  timeoutMs: 120_000,
  coalescingKey: ({ instanceId }) => `reconcile-${instanceId}`,
};

/** The polling step of a start-up: the same reconcile, under the name by which operators look for it. */
export const STARTUP_MONITOR: JobDeclaration<'STARTUP_MONITOR', ReconcilePayload> = {
  ...RECONCILE_INSTANCE,
  name: 'STARTUP_MONITOR',
  purpose: {
    does: 'the same, under the name by which operators look for a start-up',
    oneJobPer: 'per instance, shared with the one above',
  },
};

/** Why a sync runs. */
export const SYNC_TRIGGERS = ['startup', 'schedule', 'manual', 'retry'] as const;
export type SyncTrigger = (typeof SYNC_TRIGGERS)[number];

export class SyncPayload {
  [key: string]: string | number | boolean;

  /** Names a run that somebody waits for; empty when the run makes its own name. */
  @IsString()
  @Matches(/^([0-9A-HJKMNP-TV-Z]{26})?$/)
  runId!: string;

  @IsIn(SYNC_TRIGGERS)
  trigger!: SyncTrigger;

  /** `user:<key name>` or `sync`. */
  @IsString()
  @Matches(/^(sync|user:.{1,200})$/)
  requestedBy!: string;

  @IsBoolean()
  forceSync!: boolean;

  @IsBoolean()
  handleObsoleteInstances!: boolean;

  @IsBoolean()
  dryRun!: boolean;

  /** Kinds of resources, separated by commas; empty for all. */
  @IsString()
  @Matches(/^[a-z,-]{0,200}$/)
  resources!: string;

  /** Nothing is to be done when a run that began at or after this time has ended well; epoch ms, 0 for none. */
  @IsInt()
  @Min(0)
  unlessRunSince!: number;

  /** How many runs in a row had failed before this one. */
  @IsInt()
  @Min(0)
  retry!: number;
}

/** Makes the records and the catalogue equal to what Novita says. */
export const SYNC_FLEET: JobDeclaration<'SYNC_FLEET', SyncPayload> = {
  name: 'SYNC_FLEET',
  purpose: {
    does: 'makes records and catalogue equal to what Novita says',
    oneJobPer: 'per trigger, or per run that somebody asked for',
  },
  queue: 'sync',
  payload: SyncPayload,
  // A run that fails asks for its own retry, which its status shows; what throws here is an error of the process.
  attempts: 3,
  backoff: { firstDelayMs: 1_000, maxDelayMs: 30_000 },
  // At the default ten requests a second, a hundred thousand instances take two minutes to list, and confirming the
  // absence of some thousands takes several more.
  timeoutMs: 3_600_000,
  coalescingKey: ({ runId, trigger }) => (runId === '' ? `sync-${trigger}` : `sync-run-${runId}`),
};

export class AutoStopCheckPayload {
  [key: string]: string;

  @IsIn(['schedule', 'manual'])
  trigger!: 'schedule' | 'manual';

  /** Names a check that somebody asked for; empty for a scheduled one. */
  @IsString()
  @Matches(/^([0-9A-HJKMNP-TV-Z]{26})?$/)
  checkId!: string;
}

/** Checks the instances whose idle time is up, warns about them or has them stopped. */
export const AUTO_STOP_CHECK: JobDeclaration<'AUTO_STOP_CHECK', AutoStopCheckPayload> = {
  name: 'AUTO_STOP_CHECK',
  purpose: {
    does: 'warns about idle instances and has them stopped',
    oneJobPer: 'one, or per check that somebody asked for',
  },
  queue: 'auto-stop',
  payload: AutoStopCheckPayload,
  // The next period begins anew from what is stored.
  attempts: 2,
  backoff: { firstDelayMs: 1_000, maxDelayMs: 10_000 },
  timeoutMs: 300_000,
  coalescingKey: ({ checkId }) => (checkId === '' ? 'auto-stop-check' : `auto-stop-check-${checkId}`),
};

export class MigrationCheckPayload {
  [key: string]: string;

  @IsIn(['schedule', 'manual'])
  trigger!: 'schedule' | 'manual';

  /** Names a check that somebody asked for; empty for a scheduled one. */
  @IsString()
  @Matches(/^([0-9A-HJKMNP-TV-Z]{26})?$/)
  checkId!: string;
}

/** Finds spot instances that Novita has reclaimed, and has the life cycle migrate them. */
export const MIGRATION_CHECK: JobDeclaration<'MIGRATION_CHECK', MigrationCheckPayload> = {
  name: 'MIGRATION_CHECK',
  purpose: {
    does: 'finds reclaimed spot instances and has the life cycle migrate them',
    oneJobPer: 'one, or per check that somebody asked for',
  },
  queue: 'auto-stop',
  payload: MigrationCheckPayload,
  // The next period begins anew from what Novita lists.
  attempts: 2,
  backoff: { firstDelayMs: 1_000, maxDelayMs: 10_000 },
  timeoutMs: 300_000,
  coalescingKey: ({ checkId }) => (checkId === '' ? 'migration-check' : `migration-check-${checkId}`),
};

export class SpendAccrualPayload {
  [key: string]: string;
}

/** Accrues what running instances have cost, and stopped ones have saved, since the last time. */
export const SPEND_ACCRUAL: JobDeclaration<'SPEND_ACCRUAL', SpendAccrualPayload> = {
  name: 'SPEND_ACCRUAL',
  purpose: {
    does: 'accrues what the fleet has cost and saved',
    oneJobPer: 'one',
  },
  queue: 'auto-stop',
  payload: SpendAccrualPayload,
  attempts: 2,
  backoff: { firstDelayMs: 1_000, maxDelayMs: 10_000 },
  timeoutMs: 300_000,
  coalescingKey: () => 'spend-accrual',
};

export class BillCheckPayload {
  [key: string]: string;

  @IsIn(['schedule', 'manual'])
  trigger!: 'schedule' | 'manual';
}

/** Compares what the meters have counted with what Novita has billed. */
export const BILL_CHECK: JobDeclaration<'BILL_CHECK', BillCheckPayload> = {
  name: 'BILL_CHECK',
  purpose: {
    does: "compares the meters with Novita's bill, day by day",
    oneJobPer: 'one',
  },
  queue: 'auto-stop',
  payload: BillCheckPayload,
  // Days that are not compared yet are so by the next check.
  attempts: 3,
  backoff: { firstDelayMs: 30_000, maxDelayMs: 300_000 },
  timeoutMs: 300_000,
  coalescingKey: () => 'bill-check',
};

export class DeliverWebhooksPayload {
  [key: string]: string;

  @IsString()
  @Matches(/^whe_([0-9A-HJKMNP-TV-Z]{26}|global|i[0-9a-f]{24})$/)
  endpointId!: string;
}

/** Sends what is due to one endpoint: so one that does not answer holds a single place, and delays no other. */
export const DELIVER_WEBHOOKS: JobDeclaration<'DELIVER_WEBHOOKS', DeliverWebhooksPayload> = {
  name: 'DELIVER_WEBHOOKS',
  purpose: {
    does: 'sends what is due to one webhook endpoint',
    oneJobPer: 'per endpoint',
  },
  queue: 'webhooks',
  payload: DeliverWebhooksPayload,
  // What fails here is the store; the endpoint's own failures have a schedule of their own.
  attempts: 5,
  backoff: { firstDelayMs: 1_000, maxDelayMs: 30_000 },
  timeoutMs: 120_000,
  coalescingKey: ({ endpointId }) => `webhooks-${endpointId}`,
};

/** Every kind of job there is, by its name. A worker names the class that runs each, or it does not compile. */
export const JOBS = {
  RECONCILE_INSTANCE,
  STARTUP_MONITOR,
  SYNC_FLEET,
  AUTO_STOP_CHECK,
  MIGRATION_CHECK,
  SPEND_ACCRUAL,
  BILL_CHECK,
  DELIVER_WEBHOOKS,
} as const;
export type JobName = keyof typeof JOBS;
export type PayloadOf<Name extends JobName> = InstanceType<(typeof JOBS)[Name]['payload']>;

export const JOB_DECLARATIONS: readonly JobDeclaration[] = Object.values(JOBS);

/** How the jobs of one queue are run. Times in ms. */
export interface QueueSettings {
  /** Runs at a time in one worker process. */
  readonly concurrency: number;
  /** A worker that has not renewed the lock of its job for so long counts as dead. Renewed at half of it. */
  readonly lockDurationMs: number;
  /**
   * How often, at most, workers look for jobs whose lock has lapsed and give them to another one. They search with their
   * heartbeats, every 5 s, so this is a little less: a search that came a moment early would do nothing.
   */
  readonly stalledIntervalMs: number;
  /** Deaths of its worker that one job may survive; one more and it counts as failed, as it may be their cause. */
  readonly maxStalledCount: number;
  /** Ended jobs kept for operators to inspect. Waiting ones are never trimmed. */
  readonly keepCompleted: number;
  readonly keepFailed: number;
  /** How long a run may take to end after its signal is aborted, before it is left to itself. */
  readonly abortGraceMs: number;
}

/** Total: a queue without a line here does not compile. */
export const QUEUE_SETTINGS: Readonly<Record<QueueName, Required<QueueSettings>>> = {
  lifecycle: {
    // A run waits for Novita nearly all of its time, and the client has a rate limit of its own.
    concurrency: 20,
    // BullMQ's 30 s each would leave the instances of a killed worker alone for a minute; these, for 13 s at worst.
    // No run blocks the event loop for seconds, so a live worker renews its locks in time.
    lockDurationMs: 8_000,
    stalledIntervalMs: 4_500,
    // Higher than BullMQ's 1: a rolling restart of every node of a cluster kills workers, not jobs.
    maxStalledCount: 5,
    // Reconciles are many and their result is in the record; failures are few and worth reading.
    keepCompleted: 200,
    keepFailed: 1_000,
    abortGraceMs: 2_000,
  },
  sync: {
    // One run at a time in the whole fleet, by its lock; a job that finds the lock taken ends at once and says so.
    // A run of a killed worker holds that lock for longer than its job needs to be found stalled.
    concurrency: 4,
    lockDurationMs: 8_000,
    stalledIntervalMs: 4_500,
    maxStalledCount: 5,
    keepCompleted: 100,
    keepFailed: 100,
    abortGraceMs: 5_000,
  },
  webhooks: {
    // A run waits for its endpoint nearly all of its time; more endpoints that do not answer than this are deferred
    // soon, each by itself.
    concurrency: 50,
    lockDurationMs: 8_000,
    stalledIntervalMs: 4_500,
    maxStalledCount: 5,
    // What came of each delivery is in the log of deliveries.
    keepCompleted: 100,
    keepFailed: 500,
    abortGraceMs: 2_000,
  },
  'auto-stop': {
    // The checks of auto-stop, of migration and of the bill, and the accrual: one of each per period in the whole fleet, and those that somebody
    // asked for. A check of the bill may take minutes; two places are left for the others.
    concurrency: 3,
    lockDurationMs: 8_000,
    stalledIntervalMs: 4_500,
    maxStalledCount: 5,
    keepCompleted: 100,
    keepFailed: 100,
    abortGraceMs: 5_000,
  },
};
