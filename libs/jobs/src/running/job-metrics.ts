import { msFromTimestamp, type Timestamp } from '@app/platform';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { JOB_DECLARATIONS } from '../catalogue/catalogue.js';
import { QUEUE_NAMES, type QueueName } from '../catalogue/job.js';
import { type JobQueue, QueueUnavailableError, type WorkerPresence } from '../catalogue/job-queue.port.js';
import type { RunOutcome } from './run-job.js';

const COUNTED_OUTCOMES = ['completed', 'run_again', 'retried', 'failed', 'given_back'] as const;

/** How a run ended, as operators count it: `failed` is given up, `retried` comes again, `given_back` did not count. */
export type CountedOutcome = (typeof COUNTED_OUTCOMES)[number];

/** Counts and times the runs of jobs. */
export class JobRunMetrics {
  private readonly runs: Counter<'queue' | 'job' | 'outcome'>;
  private readonly seconds: Histogram<'queue' | 'job'>;

  constructor(registry: Registry) {
    this.runs = new Counter({
      name: 'novita_fleet_job_runs_total',
      help: 'Runs of jobs by how they ended',
      labelNames: ['queue', 'job', 'outcome'],
      registers: [registry],
    });
    this.seconds = new Histogram({
      name: 'novita_fleet_job_run_seconds',
      help: 'Time that one run of a job took',
      labelNames: ['queue', 'job'],
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
      registers: [registry],
    });
    // A series that begins with its first failure hides that failure from `increase()`.
    for (const { queue, name: job } of JOB_DECLARATIONS) {
      for (const outcome of COUNTED_OUTCOMES) this.runs.inc({ queue, job, outcome }, 0);
    }
  }

  /** @param ms how long the run took */
  count(queue: QueueName, job: string, outcome: CountedOutcome, ms: number): void {
    this.runs.inc({ queue, job, outcome });
    this.seconds.observe({ queue, job }, ms / 1_000);
  }
}

/** How this process takes the jobs of one queue. */
export interface Fetching {
  readonly consuming: boolean;
  /** When its fetch loop last came back from Redis, with a job or without one. */
  readonly lastFetchAt: Timestamp;
}

/**
 * Shows whether this process takes jobs, and counts what was done where it did not. Without Redis there is no loop that
 * could stay away, and no series.
 */
export class FetchMetrics<Step extends string = string> {
  private readonly steps: Counter<'queue' | 'step'>;
  private fetches: () => Iterable<readonly [QueueName, Fetching]> = () => [];

  constructor(registry: Registry, steps: readonly Step[]) {
    this.steps = new Counter({
      name: 'novita_fleet_worker_recoveries_total',
      help: 'Steps taken because jobs were due and this process took none, by queue and step',
      labelNames: ['queue', 'step'],
      registers: [registry],
    });
    for (const queue of QUEUE_NAMES) for (const step of steps) this.steps.inc({ queue, step }, 0);
    this.add(
      registry,
      'novita_fleet_worker_consuming',
      'Whether this process takes the jobs of a queue: 1, or 0 when it has not asked for any for too long',
      ({ consuming }) => (consuming ? 1 : 0),
    );
    this.add(
      registry,
      'novita_fleet_worker_last_fetch_timestamp_seconds',
      'When the loop by which this process fetches the jobs of a queue last came back, with a job or without one',
      ({ lastFetchAt }) => msFromTimestamp(lastFetchAt) / 1_000,
    );
  }

  /** @param fetches asked whenever the metrics are read */
  show(fetches: () => Iterable<readonly [QueueName, Fetching]>): void {
    this.fetches = fetches;
  }

  private add(registry: Registry, name: string, help: string, of: (fetching: Fetching) => number): void {
    const source = (): Iterable<readonly [QueueName, Fetching]> => this.fetches();
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['queue'],
      registers: [registry],
      collect() {
        gauge.reset();
        for (const [queue, fetching] of source()) gauge.set({ queue }, of(fetching));
      },
    });
  }

  countStep(queue: QueueName, step: Step): void {
    this.steps.inc({ queue, step });
  }
}

/** Shows the depth of each queue, read when Prometheus asks. A queue that is away shows nothing rather than zero. */
export function registerQueueDepth(registry: Registry, jobs: JobQueue): void {
  const depth = new Gauge({
    name: 'novita_fleet_queue_jobs',
    help: 'Jobs in a queue by state',
    labelNames: ['queue', 'state'],
    registers: [registry],
    async collect() {
      const counts = await Promise.allSettled(QUEUE_NAMES.map((queue) => jobs.counts(queue)));
      depth.reset();
      for (const [index, queue] of QUEUE_NAMES.entries()) {
        const count = counts[index];
        if (count?.status !== 'fulfilled') continue;
        for (const [state, jobsInState] of Object.entries(count.value)) depth.set({ queue, state }, jobsInState);
      }
    },
  });
}

/** Shows whether any worker takes the jobs of each queue; absent while that cannot be known. */
export function registerWorkerPresence(registry: Registry, presence: WorkerPresence): void {
  const present = new Gauge({
    name: 'novita_fleet_queue_has_worker',
    help: 'Whether any worker process is alive that takes the jobs of a queue: 1 or 0',
    labelNames: ['queue'],
    registers: [registry],
    async collect() {
      const answers = await Promise.all(
        QUEUE_NAMES.map(async (queue) => [queue, await orUnknown(presence.isAnyAlive(queue))] as const),
      );
      present.reset();
      for (const [queue, isAlive] of answers) if (isAlive !== null) present.set({ queue }, isAlive ? 1 : 0);
    },
  });
}

async function orUnknown(answer: Promise<boolean>): Promise<boolean | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof QueueUnavailableError) return null;
    throw error;
  }
}

const UNCONDITIONAL: Readonly<Record<Exclude<RunOutcome['kind'], 'error'>, CountedOutcome>> = {
  done: 'completed',
  'run-again': 'run_again',
  'given-back': 'given_back',
  invalid: 'failed',
};

/** @param lastAttempt whether an error leaves the job no further attempt */
export function countedOutcome({ kind }: RunOutcome, lastAttempt: boolean): CountedOutcome {
  if (kind === 'error') return lastAttempt ? 'failed' : 'retried';
  return UNCONDITIONAL[kind];
}

const NAME = 'novita_fleet_overdue_without_job_total';

const OVERDUE_DEADLINES = ['reconcile', 'startup', 'migration', 'hold', 'lifetime', 'auto-stop', 'webhook'] as const;

/**
 * What had been forgotten: a reconcile, the end of a start-up, of a migration, of a hold or of a lifetime, a check for idle instances, or a delivery.
 */
export type OverdueDeadline = (typeof OVERDUE_DEADLINES)[number];

/**
 * Counts deadlines that were found overdue without a job that would meet them, and repaired. One metric for all
 * features of a process, distinguished by its label.
 */
export function overdueCounter(registry: Registry): Counter<'deadline'> {
  const known = registry.getSingleMetric(NAME);
  if (known instanceof Counter) return known;
  const counter = new Counter({
    name: NAME,
    help: 'Deadlines found overdue without a job that would meet them, and repaired',
    labelNames: ['deadline'],
    registers: [registry],
  });
  for (const deadline of OVERDUE_DEADLINES) counter.inc({ deadline }, 0);
  return counter;
}
